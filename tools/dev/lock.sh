# shellcheck shell=bash
# One lock for whatever changes the cache folder. It is the kernel's: a killed process holds nothing.

# with_lock WHAT CMD…
with_lock() {
  local what=$1 lock holder status=0
  shift
  mkdir -p "$cache"
  exec {lock}<>"$cache/lock"
  if ! flock --nonblock "$lock"; then
    holder=$(head -c 100 "$cache/lock" | tr -d '\n')
    say "waiting for another ./dev that is at work on ${holder:-the cache}"
    flock "$lock"
  fi
  printf '%s (process %d)\n' "$what" $$ >"$cache/lock"
  "$@" || status=$?
  exec {lock}>&-
  return "$status"
}
