# shellcheck shell=bash
# What ./dev says about itself.

show_help() {
  sed -e "s/{b}/$bold/g" -e "s/{p}/$plain/g" -e "s/{d}/$dim/g" <<'END'
{b}./dev{p}: set up, build, test and run Minerva. It works on this host's own packages when they are
all there (Debian 14 or later), else in a private Debian userland that it makes once in
~/.cache/minerva. It installs nothing on the host and never asks.

{b}Use{p}
  ./dev serve [ARGS]        build what is needed, then run {b}minerva serve ARGS{p}
  ./dev test [TIER…]        everything CI checks, or only the tiers named:
                            lint, unit, scenario, e2e, clang (the second compiler),
                            sanitize (asan-ubsan and tsan)

{b}Work{p}
  ./dev build [PRESET] [TARGET…]
                            release (the default), dev, asan-ubsan, tsan, fuzz, clang
  ./dev exec CMD…           run a command with the tools and the built programs in its PATH
  ./dev shell               a shell with the same
  ./dev bench [NAME ARGS]   run bench/NAME; without a name, say which there are
  ./dev fmt                 put every C++ file into the project's format
  ./dev lint [--all]        check format and scripts, and clang-tidy on changed files (or all)
  ./dev demo-model [ARGS]   make models/minerva-demo.gguf again, from nothing

{b}Care{p}
  ./dev doctor              what ./dev sees here, and then {b}minerva doctor{p}
  ./dev clean [--old|--all] remove build/; userlands out of use; or build/ and all of the cache

{b}Examples{p}
  ./dev serve --port 8090
  ./dev serve --model ~/models/qwen3-8b-q4_k_m.gguf --alias qwen3
  ./dev test unit scenario
  ./dev build dev minerva
  ./dev exec minerva run "What is the capital of France?"
  ./dev exec ctest --test-dir build/release --tests-regex Scheduler --output-on-failure

{b}Environment{p}
  XDG_CACHE_HOME            where the cache folder minerva/ lies (else ~/.cache)
  MINERVA_DEV_NATIVE=no     use the private userland even where the host has all packages

docs/development.md tells more.
END
}
