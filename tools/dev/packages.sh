# shellcheck shell=bash
# The package lists, and whether this host already has them.

suite=forky

# package_sets NAME: the lists that make up a userland, "base" to build and test, "train" to train the demo model too.
package_sets() {
  case $1 in
    base) echo build test ;;
    train) echo build test train ;;
    *) die "there is no userland named '$1'" ;;
  esac
}

# package_lines NAME: "package [oldest-version]" a line, comments and blanks removed.
package_lines() {
  local list
  for list in $(package_sets "$1"); do
    sed -e 's/#.*//' "$repo/tools/dev/packages/$list.txt" | awk 'NF { print $1, $2 }'
  done
}

# userland_hash NAME: changes with the suite, the packages and the way a userland is made.
userland_hash() {
  { echo "$suite $userland_recipe"; package_lines "$1"; } | sha256sum | cut -c1-12
}

# lacking_packages NAME: the packages of the lists that this host does not have, or has too old.
lacking_packages() {
  local name oldest have
  local -A installed=()
  command -v dpkg-query >/dev/null || { echo dpkg; return; }
  while IFS=$'\t' read -r name have; do
    installed[$name]=$have
  done < <(dpkg-query -W -f='${db:Status-Abbrev}\t${Package}\t${Version}\n' 2>/dev/null | sed -n 's/^ii \t//p')
  while read -r name oldest; do
    have=${installed[$name]:-}
    if [[ -z $have ]] || { [[ -n $oldest ]] && dpkg --compare-versions "$have" lt "$oldest"; }; then
      echo "$name"
    fi
  done < <(package_lines "$1")
}

# host_is_enough NAME: can this machine build Minerva as it is? MINERVA_DEV_NATIVE=no keeps to the private userland.
host_is_enough() {
  [[ ${MINERVA_DEV_NATIVE:-auto} != no ]] && [[ -z $(lacking_packages "$1" | head -n 1) ]]
}
