# shellcheck shell=bash
# Checks of the text of the sources. Each counts as one check, passed or failed.

# tracked_files PATTERN…: files git knows or would add, which are there.
tracked_files() {
  local file
  git -C "$repo" -c safe.directory="$repo" ls-files --cached --others --exclude-standard -- "$@" | sort -u |
    while IFS= read -r file; do [[ ! -f $repo/$file ]] || echo "$file"; done
}

cpp_files() {
  local folder
  for folder in src tests tools bench; do
    tracked_files "$folder/*.h" "$folder/*.cpp"
  done
}

shell_files() {
  tracked_files dev .ci/run '*.sh'
  tracked_files 'bench/*' 'tools/*' | while IFS= read -r file; do
    [[ $file == *.* ]] || ! head -c 64 "$repo/$file" | grep -q '^#!.*sh$' || echo "$file"
  done
}

format_check() { cpp_files | xargs -r -n 20 -P "$(nproc)" clang-format --dry-run -Werror; }

format_in_place() { cpp_files | xargs -r -n 20 -P "$(nproc)" clang-format -i; }

# The parts of ./dev share variables across files, which shellcheck, reading one file, cannot follow.
shell_check() { shell_files | sort -u | xargs -r shellcheck --severity=warning --exclude=SC2034,SC2154; }

# A syntax tree of each file: finds what a compiler would, writes nothing.
python_check() {
  tracked_files '*.py' | xargs -r python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)'
}

# one_check NAME CMD: runs CMD in the repository, shows its output when it fails.
one_check() {
  local output
  if output=$(cd "$repo" && "$2" 2>&1); then
    lint_passed=$((lint_passed + 1))
    printf '  %-24s %s\n' "$1" "${green}ok${plain}" >&2
  else
    lint_failed=$((lint_failed + 1))
    printf '  %-24s %s\n' "$1" "${red}failed${plain}" >&2
    head -n 60 <<<"$output" | sed 's/^/    /' >&2
    [[ $1 != 'C++ format' ]] || printf '  %s\n' "./dev fmt puts the format right." >&2
  fi
}

# run_lint: sets lint_passed and lint_failed.
run_lint() {
  lint_passed=0 lint_failed=0
  one_check 'C++ format' format_check
  one_check 'shell scripts' shell_check
  one_check 'Python syntax' python_check
}

# tidy_files: C++ sources that differ from the last commit, or all.
tidy_files() {
  if [[ $1 == all ]]; then
    cpp_files | grep '^src/.*\.cpp$'
  else
    { git -C "$repo" -c safe.directory="$repo" diff --name-only HEAD -- 'src/*.cpp'
      git -C "$repo" -c safe.directory="$repo" ls-files --others --exclude-standard -- 'src/*.cpp'; } | sort -u
  fi
}

# run_tidy changed|all
run_tidy() {
  local files
  files=$(tidy_files "$1")
  [[ -n $files ]] || { say "clang-tidy: no changed source"; return 0; }
  configure dev || return 1
  say "clang-tidy on $(wc -l <<<"$files") files"
  (cd "$repo" && xargs -P "$(build_jobs)" -n 1 clang-tidy -p build/dev --quiet <<<"$files") 2> >(grep -vE 'warnings? generated|Suppressed|Use -header-filter' >&2)
}
