# shellcheck shell=bash
# The private Debian userland: made once for a set of packages, read-only in use.

# Raised when a userland is made in another way, so that old ones are not taken for new ones.
userland_recipe=1
# A hook and no --dpkgopt: that one would need Python on the host.
# shellcheck disable=SC2016 # for the hook's shell, with the userland as its argument
without_manuals='printf "path-exclude=/usr/share/%s/*\n" doc man info >"$1/etc/dpkg/dpkg.cfg.d/without-manuals"'
# What a download and an unpacked userland take at most, in GiB.
userland_space_gib=6

userland_dir() { echo "$cache/userland-$(userland_hash "$1")"; }

# need_userland NAME: there is one when this returns.
need_userland() {
  need_host_tools bwrap
  [[ -e $(userland_dir "$1")/etc/minerva-userland ]] && return 0
  need_host_tools mmdebstrap
  with_lock "a userland" make_userland "$1"
}

# as_userland_root CMD…: become CMD as root of a mount and process namespace of its own, which ends with the process
# that started this one. An ordinary user becomes the root of a user namespace, so that the userland's files are the
# user's own.
as_userland_root() {
  local user=()
  ((EUID == 0)) || user=(--user --map-root-user --map-auto)
  exec_with_host_tools setpriv --pdeathsig KILL unshare "${user[@]}" --mount --pid --fork --kill-child "$@"
}

remove_tree() {
  rm -rf --one-file-system "$1" 2>/dev/null || (as_userland_root rm -rf --one-file-system "$1")
}

remove_leftovers() {
  local left
  for left in "$cache"/*.new.*; do
    [[ -e $left ]] || continue
    say "removing what an interrupted set-up left"
    remove_tree "$left"
  done
}

make_userland() {
  local target temp log start
  target=$(userland_dir "$1")
  [[ -e $target/etc/minerva-userland ]] && return 0
  temp=$target.new.$$
  log=$cache/log/$(basename "$target").log
  mkdir -p "$cache/log"
  check_can_make
  remove_leftovers
  start=$SECONDS
  say "making a private Debian userland ($suite) in $target" "(once; its log: $log)"
  if ! run_mmdebstrap "$1" "$temp" "$log" "$start"; then
    remove_tree "$temp"
    show_tail "$log"
    die "the userland could not be made." "Check the network, and the proxy that apt uses on this host." \
      "Then run this again: it starts afresh."
  fi
  finish_userland "$1" "$temp"
  [[ ! -e $target ]] || remove_tree "$target"
  mv "$temp" "$target"
  say "the userland is ready after $(elapsed $((SECONDS - start)))"
}

# run_mmdebstrap NAME FOLDER LOG START
run_mmdebstrap() {
  local packages setting settings=() keyring=() feed watcher maker
  packages=$(package_lines "$1" | awk '{ print $1 }' | paste -sd,)
  while IFS= read -r setting; do
    settings+=("--aptopt=${setting%;}")
  done < <(apt_settings)
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] ||
    keyring=("--keyring=$(tools_dir)/usr/share/keyrings/debian-archive-keyring.gpg")

  exec {feed}> >(watch_mmdebstrap "$3" "$4")
  watcher=$!
  (as_userland_root "$(host_tool mmdebstrap)" --verbose --mode=root --variant=apt "${settings[@]}" "${keyring[@]}" \
    --aptopt='APT::Sandbox::User "root"' --dpkgopt='force-unsafe-io' --essential-hook="$without_manuals" \
    --include="$packages" "$suite" "$2") >&"$feed" 2>&1 </dev/null &
  maker=$!
  exec {feed}>&-
  # shellcheck disable=SC2064 # these names are gone when the trap runs
  trap "abandon_userland $maker '$2'" INT TERM HUP
  local status=0
  wait "$maker" || status=$?
  wait "$watcher" || true
  trap - INT TERM HUP
  return "$status"
}

# abandon_userland PROCESS FOLDER: the end of an interrupted set-up.
abandon_userland() {
  trap '' INT TERM HUP
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
  remove_tree "$2"
  say "interrupted; nothing of the unfinished userland is left."
  exit 130
}

# finish_userland NAME FOLDER: the files that the host's own are laid over on entry, and the mark of completeness.
finish_userland() {
  local file
  for file in "${host_files[@]}"; do
    rm -f "$2$file"
    : >"$2$file"
  done
  echo "$1 $(userland_hash "$1")" >"$2/etc/minerva-userland"
}

# check_can_make: ends with what is lacking when this user cannot make a userland here.
check_can_make() {
  local free
  free=$(df --output=avail --block-size=1G "$cache" | tail -n 1)
  ((free >= userland_space_gib)) ||
    die "$cache has $free GiB free, a userland needs $userland_space_gib while it is made." \
      "Make room, or set XDG_CACHE_HOME to a folder on a larger disk."
  (as_userland_root true) 2>/dev/null && return 0
  ((EUID != 0)) ||
    die "root may not make mount namespaces here (in a chroot, or in a container without the right to?)." \
      "Start the container with --privileged, or with --cap-add SYS_ADMIN and without its seccomp and AppArmor profile."
  check_user_namespaces
  die "a user namespace for $(id -un) could not be made:" "$( (as_userland_root true) 2>&1 | head -n 3)"
}

# check_user_namespaces: what an ordinary user may lack, most likely first.
check_user_namespaces() {
  if ! command -v newuidmap >/dev/null; then
    die "an ordinary user needs newuidmap to make the userland." \
      "Have the package uidmap installed, or work as root."
  fi
  if ! grep -qE "^($(id -un)|$EUID):" /etc/subuid || ! grep -qE "^($(id -un)|$EUID):" /etc/subgid; then
    die "$(id -un) has no subordinate user and group numbers, which the userland needs." \
      "Have root run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
  fi
  if ! unshare --user true 2>/dev/null; then
    die "this host lets no ordinary user make a user namespace." \
      "See the settings kernel.unprivileged_userns_clone, user.max_user_namespaces and" \
      "kernel.apparmor_restrict_unprivileged_userns (sysctl), or run ./dev as root."
  fi
  if ! unshare --help | grep -q -e --map-auto; then
    die "unshare on this host is older than util-linux 2.38 and cannot map a range of users." \
      "Update util-linux, or run ./dev as root."
  fi
}
