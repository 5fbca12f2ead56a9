# shellcheck shell=bash
# ./dev clean: what of the disk to give back.

run_clean() {
  local folder
  case ${1:-} in
    '') remove_folder "$repo/build" ;;
    --old)
      for folder in "$cache"/userland-*; do
        [[ $folder == "$(userland_dir base)" || $folder == "$(userland_dir train)" ]] || remove_folder "$folder"
      done
      ;;
    --all)
      remove_folder "$repo/build"
      with_lock "a clean-up" remove_cache
      ;;
    *) usage_error "clean knows --old and --all, not '$1'" ;;
  esac
}

remove_cache() {
  local folder
  for folder in "$cache"/userland-* "$cache"/host-tools-* "$cache/ccache" "$cache/log"; do
    remove_folder "$folder"
  done
}

remove_folder() {
  [[ -e $1 ]] || return 0
  say "removing $1"
  remove_tree "$1"
}
