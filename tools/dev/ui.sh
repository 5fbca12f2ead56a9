# shellcheck shell=bash
# Messages. Everything goes to stderr, so that stdout stays the output of the command that was asked for.

if [[ -t 2 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' dim='' red='' green='' plain=''
fi

say() { printf '%s\n' "${bold}dev:${plain} $*" >&2; }

# die WHAT [WHAT TO DO…]: one line says what went wrong, each further one what to do about it.
die() {
  printf '%s\n' "${bold}${red}dev: error:${plain} $1" >&2
  shift
  (($# == 0)) || printf '  %s\n' "$@" >&2
  exit 1
}

# usage_error WHAT: exit status 2, as for every command line that was not understood.
usage_error() {
  printf '%s\n' "${bold}${red}dev: error:${plain} $1" "  ./dev explains the commands." >&2
  exit 2
}

# elapsed SECONDS: 7 s, 3 min 05 s
elapsed() {
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# show_tail FILE: the end of a log, indented, with the file named.
show_tail() {
  printf '%s\n' "  the last lines of $1:" >&2
  tail -n 25 "$1" | sed 's/^/    /' >&2
}
