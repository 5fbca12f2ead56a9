# shellcheck shell=bash
# ./dev test: the tiers, each counted from what its own tools report, and a table of where the time went.

tiers=(lint unit scenario e2e sanitize)

# Sanitizers stop at the first finding; what is known of third parties stands in the .supp files.
sanitizer_environment() {
  export ASAN_OPTIONS="halt_on_error=1:abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
  export UBSAN_OPTIONS="halt_on_error=1:abort_on_error=1:print_stacktrace=1"
  export LSAN_OPTIONS="suppressions=$repo/tools/dev/lsan.supp:print_suppressions=0"
  export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:suppressions=$repo/tools/dev/tsan.supp"
}

run_tests() {
  local tier wanted=("$@") start=$SECONDS
  ((${#wanted[@]} > 0)) || wanted=("${tiers[@]}")
  for tier in "${wanted[@]}"; do
    [[ " ${tiers[*]} clang asan-ubsan tsan " == *" $tier "* ]] ||
      usage_error "there is no tier '$tier' (there are: ${tiers[*]}; and clang, apart; sanitize is asan-ubsan and tsan)"
  done
  results=() n_passed=0 n_failed=0
  for tier in "${wanted[@]}"; do
    case $tier in
      lint) lint_tier ;;
      unit | scenario) ctest_tier "$tier" release "$tier" "$(nproc)" minerva_tests ;;
      e2e) ctest_tier e2e release e2e 1 all ;;
      clang) clang_tier ;;
      sanitize) sanitizer_tier asan-ubsan && sanitizer_tier tsan ;;
      asan-ubsan | tsan) sanitizer_tier "$tier" ;;
    esac
  done
  print_results $((SECONDS - start))
}

sanitizer_tier() {
  sanitizer_environment
  ctest_tier "$1" "$1" 'unit|scenario' "$(nproc)" minerva_tests
}

lint_tier() {
  local start=$SECONDS
  say "tier lint"
  run_lint
  record lint "$lint_passed" "$lint_failed" 0 $((SECONDS - start)) 0
}

# The second compiler's opinion of every source, and of every header alone. Two checks.
clang_tier() {
  local start=$SECONDS ok=0
  say "tier clang"
  ! build clang minerva minerva-worker || ok=$((ok + 1))
  ! build clang minerva_headers || ok=$((ok + 1))
  record clang "$ok" $((2 - ok)) 0 $((SECONDS - start)) $((SECONDS - start))
}

# ctest_tier TIER PRESET LABELS JOBS TARGET: build the target, then what ctest counted.
ctest_tier() {
  local tier=$1 preset=$2 start=$SECONDS built report=$repo/build/$2/$1.xml log=$repo/build/$2/$1.log
  say "tier $tier"
  if ! build "$preset" "$5"; then
    record "$tier" 0 1 0 $((SECONDS - start)) $((SECONDS - start))
    return 0
  fi
  built=$((SECONDS - start))
  rm -f "$report"
  ctest --test-dir "$repo/build/$preset" --label-regex "^($3)\$" --parallel "$4" --output-on-failure \
    --no-tests=error --output-junit "$report" 2>&1 | tee "$log" | only_news "$tier" >&2 || true
  count_report "$report"
  record "$tier" "$passed" "$failed" "$skipped" $((SECONDS - start)) "$built"
}

# only_news TIER: ctest's output without the lines of tests that passed; those of e2e, few and slow, stay.
only_news() {
  local quiet='^ *Start +[0-9]+:|^Test project|^Internal ctest changing'
  [[ $1 == e2e ]] || quiet+='|^ *[0-9]+/[0-9]+ Test +#.* Passed '
  grep --line-buffered -vE "$quiet|^\$" | sed -u 's/^/  /'
}

# count_report FILE: sets passed, failed and skipped. No report at all is a failure: ctest did not run.
count_report() {
  local suite_line all
  passed=0 failed=1 skipped=0
  suite_line=$(tr '\n' ' ' <"$1" 2>/dev/null | grep -oE '<testsuite [^>]*>' | head -n 1) || true
  [[ -n $suite_line ]] || return 0
  all=$(attribute tests "$suite_line")
  failed=$(attribute failures "$suite_line")
  skipped=$(($(attribute skipped "$suite_line") + $(attribute disabled "$suite_line")))
  passed=$((all - failed - skipped))
  ((all > 0)) || failed=1
}

attribute() { sed -nE "s/.*[[:space:]]$1=\"([0-9]+)\".*/\1/p" <<<"$2" | grep . || echo 0; }

# record TIER PASSED FAILED SKIPPED WALL BUILD
record() {
  results+=("$*")
  n_passed=$((n_passed + $2)) n_failed=$((n_failed + $3))
}

print_results() {
  local line tier passed failed skipped wall building
  printf '\n%-12s %8s %8s %8s %14s %16s\n' tier passed failed skipped 'wall time' 'of it building'
  for line in "${results[@]}"; do
    read -r tier passed failed skipped wall building <<<"$line"
    printf '%-12s %8d %8d %8d %14s %16s\n' "$tier" "$passed" "$failed" "$skipped" "$(elapsed "$wall")" "$(elapsed "$building")"
  done
  printf '%-12s %8s %8s %8s %14s\n\n' all "$n_passed" "$n_failed" '' "$(elapsed "$1")"
  printf '%d passed, %d failed\n' "$n_passed" "$n_failed"
  ((n_failed == 0))
}
