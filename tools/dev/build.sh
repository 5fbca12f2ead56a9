# shellcheck shell=bash
# Configuring and building a preset. Runs where the tools are.

presets=(release dev asan-ubsan tsan fuzz clang)

check_preset() {
  local known
  for known in "${presets[@]}"; do
    [[ $1 != "$known" ]] || return 0
  done
  usage_error "there is no preset '$1' (there are: ${presets[*]})"
}

# build_jobs: one a core, fewer when memory is short: a compiler takes up to 1.5 GiB here.
build_jobs() {
  local cores by_memory
  cores=$(nproc)
  by_memory=$(awk '/^MemAvailable/ { print int($2 / 1024 / 1536) }' /proc/meminfo)
  ((by_memory >= 1)) || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# configure PRESET: only when it never was, or was by other tools or from other presets. Changed CMakeLists need
# nothing here: ninja sees to them.
configure() {
  local folder=$repo/build/$1 made_by log
  made_by="$MINERVA_DEV_INSIDE $(sha256sum <"$repo/CMakePresets.json")"
  log=$folder/configure.log
  [[ -e $folder/build.ninja && $(cat "$folder/configured-by" 2>/dev/null) == "$made_by" ]] && return 0
  say "configuring $1"
  mkdir -p "$folder"
  if ! (cd "$repo" && cmake --fresh --preset "$1") >"$log" 2>&1; then
    show_tail "$log"
    say "${red}$1 could not be configured${plain}"
    return 1
  fi
  echo "$made_by" >"$folder/configured-by"
}

# build PRESET [TARGET…]: silent when there is nothing to do.
build() {
  local preset=$1 folder=$repo/build/$1 lock status=0
  shift
  mkdir -p "$folder"
  exec {lock}>"$folder/lock"
  flock --nonblock "$lock" || { say "waiting for another build of $preset" && flock "$lock"; }
  configure "$preset" && run_ninja "$preset" "$folder" "$@" || status=$?
  exec {lock}>&-
  return "$status"
}

# run_ninja PRESET FOLDER [TARGET…]
run_ninja() {
  local preset=$1 folder=$2
  shift 2
  NINJA_STATUS='[%f/%t] ' ninja -C "$folder" -j "$(build_jobs)" "$@" 2>&1 | show_steps "$preset" >&2
}

# show_steps PRESET: ninja's output for people. Steps move on one line of a terminal, elsewhere one in twenty is
# shown; everything else (errors) stays whole; nothing at all when nothing was to be done.
show_steps() {
  local line step total shown=0 begun='' start=$SECONDS wipe=''
  [[ ! -t 2 ]] || wipe=$'\r\e[K'
  while IFS= read -r line; do
    case $line in
      '[0/'*'Re-checking globbed'* | 'ninja: Entering directory'* | 'ninja: no work to do.' | '-- '*) continue ;;
    esac
    [[ -n $begun ]] || { begun=yes && say "building $1"; }
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\  ]]; then
      step=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
      if [[ -n $wipe ]]; then
        printf '%s  %s' "$wipe" "${line:0:100}"
      elif ((step == total || (step - shown) * 20 >= total)); then
        shown=$step
        printf '  %s\n' "${line:0:110}"
      fi
    else
      case $line in 'ninja: build stopped'* | 'ninja: error'*) begun=stopped ;; esac
      printf '%s%s\n' "$wipe" "$line"
    fi
  done
  [[ -z $begun ]] || printf '%s' "$wipe"
  [[ $begun != yes ]] || say "built $1 in $(elapsed $((SECONDS - start)))"
}
