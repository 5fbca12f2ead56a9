# shellcheck shell=bash
# mmdebstrap and bubblewrap: the host's own, or copies fetched with the host's apt into the cache, never installed.

# apt_settings: the host's proxy, certificate and validity settings, as apt.conf lines.
apt_settings() {
  command -v apt-config >/dev/null || return 0
  apt-config dump --format '%F "%v";%n' 2>/dev/null |
    grep -E '^Acquire::((http|https)::|proxy |Check-Valid-Until |Check-Date |M(ax|in)-ValidTime |Retries |ForceIPv[46] )' ||
    true
}

tools_dir() { echo "$cache/host-tools-$(uname -m)"; }

# host_tool NAME: its path, the host's before the private copy; nothing when there is neither.
host_tool() {
  local path
  path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$1" || true)
  [[ -n $path ]] || path=$(tools_dir)/usr/bin/$1
  [[ -x $path ]] && echo "$path" || return 0
}

need_host_tools() {
  local tool lacking=()
  for tool in "$@"; do
    [[ -n $(host_tool "$tool") ]] || lacking+=("$tool")
  done
  ((${#lacking[@]} == 0)) || with_lock "host tools" fetch_host_tools
}

fetch_host_tools() {
  local target temp
  target=$(tools_dir)
  temp=$target.new.$$
  [[ -x $target/usr/bin/mmdebstrap && -x $target/usr/bin/bwrap ]] && return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    die "this host lacks mmdebstrap or bubblewrap, and has no apt to fetch them with." \
      "Install the packages mmdebstrap and bubblewrap, then run this again."
  fi
  say "fetching mmdebstrap and bubblewrap into the cache (nothing is installed on this host)"
  mkdir -p "$temp/apt/lists/partial" "$temp/apt/archives/partial" "$temp/tools" "$cache/log"
  if ! download_tool_packages "$temp/apt" >"$cache/log/host-tools.log" 2>&1; then
    show_tail "$cache/log/host-tools.log"
    die "mmdebstrap and bubblewrap could not be fetched." \
      "Check the network and this host's apt sources, or install the packages mmdebstrap and bubblewrap."
  fi
  local deb
  for deb in "$temp"/apt/archives/*.deb; do
    dpkg -x "$deb" "$temp/tools"
  done
  rm -rf "$target"
  mv "$temp/tools" "$target"
  rm -rf "$temp"
}

# download_tool_packages DIR: the two packages and what of their dependencies the host lacks. The host's own package
# lists serve when they are there; else lists of its own sources are fetched into DIR.
download_tool_packages() (
  local wanted=(mmdebstrap bubblewrap)
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || wanted+=(debian-archive-keyring)
  # A configuration of our own in place of the host's files: their hooks clean the host's caches.
  {
    apt_settings
    cat <<END
Dir::Etc::main "/nonexistent";
Dir::Etc::parts "/nonexistent";
Dir::Cache "$1";
Dir::Cache::archives "$1/archives";
Dir::Log "$1";
Debug::NoLocking "true";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
END
  } >"$1/apt.conf"
  export APT_CONFIG=$1/apt.conf LC_ALL=C
  apt-get install --download-only "${wanted[@]}" && return 0
  echo "Dir::State::lists \"$1/lists\";" >>"$1/apt.conf"
  apt-get update && apt-get install --download-only "${wanted[@]}"
)

# exec_with_host_tools CMD…: become CMD, without the caller's library paths, and so that private copies find their parts.
exec_with_host_tools() {
  local tools environment=()
  tools=$(tools_dir)
  if [[ -d $tools ]]; then
    environment=(
      "PERL5LIB=$(joined "$tools"/usr/share/perl5 "$tools"/usr/{share,lib/*}/perl/5.* "$tools"/usr/lib/*/perl5/5.*)"
      "LD_LIBRARY_PATH=$(joined "$tools"/{usr/,}lib/*-linux-gnu*)"
    )
  fi
  exec env -u LD_LIBRARY_PATH -u LIBRARY_PATH -u LD_PRELOAD -u PERL5LIB -u PERL5OPT -u PYTHONPATH -u PYTHONHOME \
    -u TMPDIR LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/sbin:/sbin:$tools/usr/bin" \
    "${environment[@]}" "$@"
}

# joined FOLDER…: those that exist, as a search path.
joined() {
  local folder path=''
  for folder in "$@"; do
    [[ ! -d $folder ]] || path+=${path:+:}$folder
  done
  echo "$path"
}
