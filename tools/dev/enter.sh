# shellcheck shell=bash
# Running a command with the tools of a package set: in place when the host has them, else in the private userland.

# Files of the host that are laid over the userland's: names, addresses, accounts, time zone, trusted certificates.
host_files=(/etc/resolv.conf /etc/hosts /etc/hostname /etc/passwd /etc/group /etc/localtime
  /etc/ssl/certs/ca-certificates.crt)

# Variables that a command keeps; all others (LD_LIBRARY_PATH, PYTHONPATH, CFLAGS, …) would reach into the tools.
kept_variables='HOME|USER|LOGNAME|TERM|COLORTERM|NO_COLOR|CLICOLOR_FORCE|TZ|LANG|LC_.*|XDG_.*|CI|EDITOR|PAGER'
kept_variables+='|MINERVA_.*|GGML_.*|LLAMA_.*|CUDA_.*|NVIDIA_.*|VK_.*|OMP_.*|GOMP_.*|CCACHE_.*|NINJA_STATUS|CTEST_.*|PYTEST_.*'
kept_variables+='|(A|T|L|UB)SAN_OPTIONS|.*_proxy|.*_PROXY|OPENAI_.*|ANTHROPIC_.*|OLLAMA_.*|HF_.*'

# exec_in NAME CMD…: become CMD, with the tools of that package set. Signals and the exit status are CMD's own.
exec_in() {
  local name=$1 place
  shift
  if [[ -n ${MINERVA_DEV_INSIDE:-} ]]; then
    [[ $name == base || $MINERVA_DEV_INSIDE == *train* ]] ||
      die "this shell has the tools to build, not those to train." "Leave it and run ./dev $command from outside."
    exec "$@"
  fi
  if host_is_enough "$name"; then
    place=native-$name
    command_environment "$place"
    exec env -i "${environment[@]}" "$@"
  fi
  need_userland "$name"
  place=$(basename "$(userland_dir "$name")")-$name
  command_environment "$place"
  exec_in_userland "$(userland_dir "$name")" "$@"
}

# command_environment PLACE: fills `environment` with NAME=VALUE.
command_environment() {
  local name
  environment=()
  while IFS= read -r name; do
    [[ $name =~ ^($kept_variables)$ ]] && environment+=("$name=${!name}")
  done < <(compgen -e)
  # The userland has no locales but C and C.UTF-8.
  [[ $1 == native-* ]] || environment+=(LANG=C.UTF-8 LC_ALL=C.UTF-8)
  environment+=(
    "PATH=$repo/build/release/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    "PYTHONDONTWRITEBYTECODE=1"
    "CCACHE_DIR=${CCACHE_DIR:-$cache/ccache}" "CCACHE_BASEDIR=$repo" "CCACHE_NOHASHDIR=1" "CCACHE_COMPILERCHECK=%compiler% -v"
    "MINERVA_DEV_INSIDE=$1"
  )
}

# userland_view FOLDER: fills `view` with bubblewrap's arguments. The system's folders are the userland's and read-only;
# every other folder is the host's at its own path, so that a model file is where its user says it is.
userland_view() {
  local top path file
  view=(--ro-bind "$1/usr" /usr --ro-bind "$1/etc" /etc --ro-bind "$1/var/lib/dpkg" /var/lib/dpkg
    --dev-bind /dev /dev --bind /proc /proc --ro-bind /sys /sys --tmpfs /run --bind-try /var/tmp /var/tmp)
  for top in bin sbin lib lib32 lib64 libx32; do
    [[ ! -L $1/$top ]] || view+=(--symlink "$(readlink "$1/$top")" "/$top")
  done
  for file in "${host_files[@]}"; do
    path=$(readlink -f "$file" || true)
    [[ ! -f $path ]] || view+=(--ro-bind "$path" "$file")
  done
  for top in /*; do
    case $top in
      /usr | /etc | /var | /run | /dev | /proc | /sys | /boot | /bin | /sbin | /lib* | /lost+found) continue ;;
    esac
    if [[ -L $top ]]; then
      view+=(--symlink "$(readlink "$top")" "$top")
    elif [[ -d $top ]]; then
      view+=(--bind-try "$top" "$top")
    fi
  done
  for path in "$repo" "$HOME" "$cache" "${XDG_RUNTIME_DIR:-}"; do
    [[ -d $path ]] || continue
    path=$(readlink -f "$path")
    case $path in /var/* | /run/*) view+=(--bind "$path" "$path") ;; esac
  done
}

# exec_in_userland FOLDER CMD…: bubblewrap makes the namespaces and holds them, this process enters them and becomes CMD.
# (bubblewrap as CMD's parent would pass on no signal.) The holder lives until it reads the end of a pipe, whose other
# end is closed once CMD's own presence keeps the namespaces alive.
exec_in_userland() {
  local folder=$1 pipes holder namespaces=(--mount)
  shift
  userland_view "$folder"
  pipes=$(mktemp -d)
  mkfifo "$pipes/hold" "$pipes/ready"
  # shellcheck disable=SC2016 # for the shell inside
  (exec_with_host_tools "$(host_tool bwrap)" "${view[@]}" sh -c 'echo $$ >&3; exec 3>&-; exec cat' \
    <"$pipes/hold" 3>"$pipes/ready" >/dev/null 2>"$pipes/errors" &)
  exec 9>"$pipes/hold"
  read -r holder <"$pipes/ready" || cannot_enter "$(<"$pipes/errors")"
  rm -rf "$pipes"
  ((EUID == 0)) || namespaces+=(--user --preserve-credentials)
  # shellcheck disable=SC2016
  exec nsenter --target "$holder" "${namespaces[@]}" /usr/bin/env -i "${environment[@]}" \
    /bin/bash -c 'exec 9>&-; cd "$1" 2>/dev/null || cd "$2"; shift 2; exec "$@"' dev "$PWD" "$repo" "$@"
}

cannot_enter() {
  rm -rf "$pipes"
  die "bubblewrap could not enter the userland: $1" \
    "In a container, root needs the right to make namespaces (--privileged)." \
    "An ordinary user needs user namespaces; sysctl kernel.unprivileged_userns_clone and" \
    "kernel.apparmor_restrict_unprivileged_userns say whether this host has them."
}
