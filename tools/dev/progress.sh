# shellcheck shell=bash
# mmdebstrap's output as a few lines that people read: a line a phase, on a terminal with a count that moves.

# watch_mmdebstrap LOG START: copies stdin to LOG and says what it means.
watch_mmdebstrap() {
  # Ctrl-C is for the process that set this one up; this one ends when its input does.
  trap '' INT TERM HUP
  local log=$1 start=$2 line phase='' count=0 total=0 round=0
  while IFS= read -r line; do
    printf '%s\n' "$line"
    case $line in
      'I: running apt-get update'*) enter_phase 'reading the package lists' ;;
      'I: downloading packages with apt'*) enter_phase 'downloading the base system' ;;
      'I: installing essential packages'*) enter_phase 'unpacking and configuring the base system' ;;
      'I: installing remaining packages'*) round=2 ;;
      *' newly installed, '*)
        total=${line#*upgraded, }
        total=${total%% *}
        ((round < 2)) || enter_phase "downloading $total packages"
        ;;
      'Selecting previously unselected'*) ((round != 2)) || { round=3 && enter_phase 'unpacking and configuring them'; } ;;
      'I: cleaning package lists'*) enter_phase 'tidying' ;;
    esac
    case $round$line in 2Get:* | 3'Setting up '*) count_one ;; esac
  done >"$log"
  [[ ! -t 2 ]] || printf '\r\e[K' >&2
}

enter_phase() {
  phase=$1 count=0
  [[ ! -t 2 ]] || printf '\r\e[K' >&2
  printf '  %12s  %s\n' "$(elapsed $((SECONDS - start)))" "$phase" >&2
}

count_one() {
  count=$((count + 1))
  [[ ! -t 2 ]] || printf '\r\e[K  %12s  %d of %d' "$(elapsed $((SECONDS - start)))" "$count" "$total" >&2
}
