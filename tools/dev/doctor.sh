# shellcheck shell=bash
# ./dev doctor: what the entry script itself sees and would do.

fact() { printf '  %-20s %s\n' "$1" "$2"; }

run_doctor() {
  local os lacking name folder
  os=$(sed -n 's/^PRETTY_NAME="\?\([^"]*\)"\?/\1/p' /etc/os-release 2>/dev/null)
  echo "${bold}Development environment${plain}"
  fact host "${os:-unknown}, $(uname -m), kernel $(uname -r)"
  fact machine "$(nproc) cores, $(awk '/^MemTotal/ { printf "%.1f", $2 / 1048576 }' /proc/meminfo) GiB memory"
  fact user "$(id -un)$( ((EUID == 0)) || echo ' (user namespaces)')"
  fact repository "$repo"
  fact cache "$cache ($(df --output=avail -h "$(existing_folder "$cache")" | tail -n 1 | tr -d ' ') free)"
  lacking=$(lacking_packages base | paste -sd' ')
  if host_is_enough base; then
    fact tools "the host's own (it has all packages)"
  else
    fact tools "a private userland ($suite), entered by bubblewrap"
    fact 'not on the host' "$(fold -s -w 90 <<<"${lacking:-nothing, but MINERVA_DEV_NATIVE=no}" | sed '2,$s/^/                       /')"
    fact mmdebstrap "$(tool_fact mmdebstrap)"
    fact bubblewrap "$(tool_fact bwrap)"
  fi
  for name in base train; do
    folder=$(userland_dir "$name")
    if [[ -e $folder/etc/minerva-userland ]]; then
      fact "userland $name" "$folder ($(folder_size "$folder"))"
    else
      fact "userland $name" "not made (would be $folder)"
    fi
  done
  other_userlands
  fact 'compiler cache' "$cache/ccache ($(folder_size "$cache/ccache"))"
  built_presets
}

existing_folder() {
  local folder=$1
  while [[ ! -d $folder ]]; do folder=$(dirname "$folder"); done
  echo "$folder"
}

folder_size() { { du -sh "$1" 2>/dev/null || echo 'not there'; } | cut -f1; }

tool_fact() {
  local path
  path=$(host_tool "$1")
  echo "${path:-not there; it will be fetched into the cache, not installed}"
}

other_userlands() {
  local folder
  for folder in "$cache"/userland-*; do
    [[ -d $folder && $folder != "$(userland_dir base)" && $folder != "$(userland_dir train)" ]] || continue
    fact 'out of use' "$folder ($(folder_size "$folder"); ./dev clean --old removes it)"
  done
}

built_presets() {
  local preset list=()
  for preset in "${presets[@]}"; do
    [[ ! -e $repo/build/$preset/build.ninja ]] || list+=("$preset")
  done
  fact 'build folders' "${list[*]:-none}"
}
