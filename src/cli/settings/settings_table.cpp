#include "cli/settings/settings_table.h"

#include <algorithm>
#include <array>

#include "cli/settings/setting_values.h"

namespace minerva::cli {
namespace {

// Puts a parsed value where it belongs, or passes the error on.
template <typename Target, typename Value>
Status store(Target& target, Result<Value> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  target = static_cast<Target>(*std::move(value));
  return {};
}

Status store_text(std::string& target, SettingValues values) {
  if (values.front().empty()) return fail(ErrorCode::kInvalidConfiguration, "the value is empty");
  target = values.front();
  return {};
}

// More than nothing, which would stand for no limit.
Status store_size(std::uint64_t& target, SettingValues values) {
  const auto size = parse_bytes(values.front());
  if (!size) return std::unexpected(size.error());
  if (size->value == 0) return fail(ErrorCode::kInvalidConfiguration, "a limit is more than 0");
  target = size->value;
  return {};
}

using S = Settings;
using V = SettingValues;

constexpr NumberRange kPorts{.low = 0, .high = 65'535};
constexpr NumberRange kContext{.low = 64, .high = 1U << 30};
constexpr NumberRange kParallel{.low = 1, .high = 256};  // libllama's LLAMA_MAX_SEQ
constexpr NumberRange kThreads{.low = 1, .high = 1024};
constexpr NumberRange kBatch{.low = 1, .high = 65'536};
constexpr NumberRange kMebibytes{.low = 0, .high = 16'777'216};
constexpr NumberRange kMilliseconds{.low = 0, .high = 60'000};
constexpr NumberRange kQueue{.low = 0, .high = 1'000'000};
constexpr NumberRange kHeaders{.low = 8, .high = 10'000};
constexpr NumberRange kConnections{.low = 1, .high = 1'000'000};

constexpr auto kModel = SettingGroup::kModel;
constexpr auto kComputation = SettingGroup::kComputation;
constexpr auto kServer = SettingGroup::kServer;
constexpr auto kLimits = SettingGroup::kLimits;
constexpr auto kProgram = SettingGroup::kProgram;

// clang-format off
constexpr std::array kTable{
  Setting{.name = "model", .aliases = "-m", .value_name = "FILE", .default_text = "", .range = "a GGUF file",
          .help = "The model to serve; without one, the built-in demo model", .group = kModel,
          .set = [](S& s, V v) { return store_text(s.model, v); }},
  Setting{.name = "alias", .aliases = "-a", .value_name = "NAME", .default_text = "", .range = "text",
          .help = "The model's name for clients; without one, the file's name without .gguf", .group = kModel,
          .set = [](S& s, V v) { return store_text(s.alias, v); }},
  Setting{.name = "ctx-size", .aliases = "-c", .value_name = "N", .default_text = "auto", .range = "auto, or 64 to 2^30 tokens",
          .help = "Context of all requests that run at once, together; auto gives each what the model was trained for, at most 8192",
          .group = kModel,
          .set = [](S& s, V v) { return store(s.load.n_ctx, parse_number_or_auto(v.front(), kContext, 0)); }},
  Setting{.name = "parallel", .aliases = "-np", .value_name = "N", .default_text = "auto", .range = "auto, or 1 to 256",
          .help = "Requests that run at once, each with an equal share of the context; auto is 4", .group = kModel,
          .set = [](S& s, V v) { return store(s.load.n_parallel, parse_number_or_auto(v.front(), kParallel, 0)); }},

  Setting{.name = "threads", .aliases = "-t", .value_name = "N", .default_text = "auto", .range = "auto, or 1 to 1024",
          .help = "CPU threads that compute; auto is one a physical core", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.n_threads, parse_number_or_auto(v.front(), kThreads, 0)); }},
  Setting{.name = "batch-size", .aliases = "-b", .value_name = "N", .default_text = "auto", .range = "auto, or 1 to 65536 tokens",
          .help = "Most tokens of one step; auto is 512", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.n_batch, parse_number_or_auto(v.front(), kBatch, 0)); }},
  Setting{.name = "gpu-layers", .aliases = "-ngl,--n-gpu-layers", .value_name = "N", .default_text = "auto",
          .range = "auto, all, or 0 to 10000",
          .help = "Layers on the GPU; auto takes as many as its memory holds, all refuses to take fewer", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.n_gpu_layers, parse_gpu_layers(v.front())); }},
  Setting{.name = "device", .aliases = "-dev", .value_name = "NAME", .default_text = "", .range = "names from minerva doctor, or none",
          .help = "Devices to compute on; none is the CPU alone, without the setting all are used", .group = kComputation,
          .shape = SettingShape::kList,
          .set = [](S& s, V v) { return store(s.load.devices, parse_list(v)); }},
  Setting{.name = "max-itl-ms", .value_name = "N", .default_text = "auto", .range = "auto, or 0 to 60000 ms",
          .help = "Longest pause in a stream that the prompts of other requests may cause; 0 cares for throughput only, "
                  "auto is 200 on a CPU and 50 on a GPU",
          .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.max_itl_ms, parse_number_or_auto(v.front(), kMilliseconds, wire::kMaxItlAuto)); }},
  Setting{.name = "kv-layout", .value_name = "LAYOUT", .default_text = "streams", .range = "streams or unified",
          .help = "Where sequences keep their context: streams gives each its own part, unified shares all of it among them, which "
                  "suits few long ones and many that share a beginning, and computes different ones more slowly",
          .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.kv_unified, parse_kv_layout(v.front())); }},
  Setting{.name = "flash-attn", .aliases = "-fa", .value_name = "HOW", .default_text = "auto", .range = "auto, on or off",
          .help = "Flash attention; auto takes what is faster on this machine and keeps the context in the type that goes with it",
          .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.flash_attention, parse_flash_attention(v.front())); }},
  Setting{.name = "cache-type-k", .aliases = "-ctk", .value_name = "TYPE", .default_text = "auto",
          .range = "auto, f32, f16, bf16, q8_0, q5_1, q5_0, iq4_nl, q4_1 or q4_0",
          .help = "Numbers in which the keys of the context are kept; q8_0 takes half the memory of f16, and auto is bf16 or f16",
          .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.cache_type_k, parse_kv_type(v.front())); }},
  Setting{.name = "cache-type-v", .aliases = "-ctv", .value_name = "TYPE", .default_text = "auto",
          .range = "auto, f32, f16, bf16, q8_0, q5_1, q5_0, iq4_nl, q4_1 or q4_0",
          .help = "The same of its values; the quantized ones need flash attention",
          .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.cache_type_v, parse_kv_type(v.front())); }},
  Setting{.name = "shared-prefix-cache", .value_name = "", .default_text = "false", .range = "true or false",
          .help = "Let requests of one API key take over the beginnings that another's computed; how fast an answer comes then tells "
                  "whether somebody has asked that before",
          .group = kComputation, .shape = SettingShape::kSwitch,
          .set = [](S& s, V v) { return store(s.load.shared_prefixes, parse_switch(v.front())); }},
  Setting{.name = "cache-ram", .value_name = "MIB", .default_text = "auto", .range = "auto, or 0 to 16777216 MiB",
          .help = "Host memory for the prefixes of conversations that lost their place to others; 0 keeps none, auto takes a quarter "
                  "of what is free, at most 2048",
          .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.cache_ram_mib, parse_number_or_auto(v.front(), kMebibytes, wire::kCacheRamAuto)); }},
  Setting{.name = "cache-prompt", .value_name = "", .default_text = "true", .range = "true or false",
          .help = "Reuse what was computed for an earlier prompt that begins alike; false computes every prompt whole, to compare "
                  "or to look for a fault",
          .group = kComputation, .shape = SettingShape::kSwitch,
          .set = [](S& s, V v) { return store(s.load.reuse_prefixes, parse_switch(v.front())); }},
  Setting{.name = "prefix-cache-dir", .value_name = "DIR", .default_text = "", .range = "a folder",
          .help = "Where the beginnings of long conversations are kept over restarts; without it they are gone with the server",
          .group = kComputation,
          .set = [](S& s, V v) { return store_text(s.load.prefix_cache_dir, v); }},
  Setting{.name = "prefix-cache-disk", .value_name = "MIB", .default_text = "8192", .range = "1 to 16777216 MiB",
          .help = "Most that prefix-cache-dir may hold; what was used longest ago goes first", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.prefix_cache_mib, parse_whole_number(v.front(), {.low = 1, .high = kMebibytes.high})); }},
  Setting{.name = "spec-type", .value_name = "TYPE", .default_text = "ngram-simple", .range = "ngram-simple or none",
          .help = "Speculation without a draft model: compute ahead what a text that repeats itself may say next, when that is faster; never "
                  "changes an answer",
          .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.drafts, parse_spec_type(v.front())); }},
  Setting{.name = "draft-model", .aliases = "-md,--model-draft,--spec-draft-model", .value_name = "FILE", .default_text = "",
          .range = "a GGUF file",
          .help = "A smaller model with the same vocabulary that guesses what the model will say, where that makes it faster; never "
                  "changes an answer",
          .group = kComputation,
          .set = [](S& s, V v) { return store_text(s.load.draft_model_path, v); }},
  Setting{.name = "gpu-layers-draft", .aliases = "-ngld,--n-gpu-layers-draft,--spec-draft-ngl", .value_name = "N",
          .default_text = "auto", .range = "auto, all, or 0 to 10000",
          .help = "The same as gpu-layers for the draft model", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.n_gpu_layers_draft, parse_gpu_layers(v.front())); }},
  Setting{.name = "draft-max", .aliases = "--spec-draft-n-max", .value_name = "N", .default_text = "15", .range = "1 to 15 tokens",
          .help = "Most tokens that are computed ahead of one answer in one step", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.draft_max, parse_whole_number(v.front(), {.low = 1, .high = wire::kMostDrafted})); }},
  Setting{.name = "draft-min", .aliases = "--spec-draft-n-min", .value_name = "N", .default_text = "0", .range = "0 to 15 tokens",
          .help = "Fewer are not computed ahead", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.draft_min, parse_whole_number(v.front(), {.low = 0, .high = wire::kMostDrafted})); }},
  Setting{.name = "draft-p-min", .aliases = "--spec-draft-p-min", .value_name = "P", .default_text = "0", .range = "0 to 1",
          .help = "The draft model guesses no further than its own probability for a token is at least this", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.draft_p_min, parse_decimal(v.front(), 0.0, 1.0)); }},
  Setting{.name = "memory-limit", .value_name = "SIZE", .default_text = "", .range = "a size: 512M, 8GiB",
          .help = "Most host memory that all parts of the model may take together; without it, what the machine and its control groups have",
          .group = kComputation,
          .set = [](S& s, V v) { return store_size(s.load.memory_limit_bytes, v); }},
  Setting{.name = "gpu-memory-limit", .value_name = "SIZE", .default_text = "", .range = "a size: 512M, 8GiB",
          .help = "Most memory that they may take on each GPU; without it, four fifths of it, or half where the CPU shares it",
          .group = kComputation,
          .set = [](S& s, V v) { return store_size(s.load.gpu_memory_limit_bytes, v); }},
  Setting{.name = "require-gpu", .value_name = "", .default_text = "false", .range = "true or false",
          .help = "Rather stop with an error than compute on the CPU alone", .group = kComputation,
          .shape = SettingShape::kSwitch,
          .set = [](S& s, V v) { return store(s.load.require_gpu, parse_switch(v.front())); }},
  Setting{.name = "sandbox", .value_name = "HOW", .default_text = "auto", .range = "auto, on or off",
          .help = "Confine the process that reads the model file to what it needs; on: or do not start", .group = kComputation,
          .set = [](S& s, V v) { return store(s.load.sandbox, parse_sandbox(v.front())); }},
  Setting{.name = "standby", .value_name = "", .default_text = "false", .range = "true or false",
          .help = "Keep a second worker with the model loaded, which takes over at once when the first dies; takes memory of its own",
          .group = kComputation, .shape = SettingShape::kSwitch,
          .set = [](S& s, V v) { return store(s.standby, parse_switch(v.front())); }},
  Setting{.name = "ignore-memory-check", .value_name = "", .default_text = "false", .range = "true or false",
          .help = "Load the model even when the numbers say that it cannot fit", .group = kComputation,
          .shape = SettingShape::kSwitch,
          .set = [](S& s, V v) { return store(s.load.ignore_memory_check, parse_switch(v.front())); }},

  Setting{.name = "host", .value_name = "ADDRESS", .default_text = "127.0.0.1", .range = "an address of this machine",
          .help = "Where to listen; anything but this machine's loopback needs a key", .group = kServer,
          .set = [](S& s, V v) { return store_text(s.host, v); }},
  Setting{.name = "port", .value_name = "N", .default_text = "8080", .range = "0 to 65535",
          .help = "Port to listen on; 0 takes any free one", .group = kServer,
          .set = [](S& s, V v) { return store(s.port, parse_whole_number(v.front(), kPorts)); }},
  Setting{.name = "api-key", .value_name = "KEY", .default_text = "", .range = "text",
          .help = "A key that clients must send; better given by MINERVA_API_KEY or a file, which other users cannot see",
          .group = kServer, .shape = SettingShape::kList, .secret = true,
          .set = [](S& s, V v) { return store(s.api_keys, parse_list(v)); }},
  Setting{.name = "priority-key", .value_name = "KEY", .default_text = "", .range = "text",
          .help = "As api-key, and requests with this key may have a priority other than 0",
          .group = kServer, .shape = SettingShape::kList, .secret = true,
          .set = [](S& s, V v) { return store(s.priority_keys, parse_list(v)); }},
  Setting{.name = "api-key-file", .value_name = "FILE", .default_text = "", .range = "a text file",
          .help = "Keys, one a line, with the word priority behind those that may set priorities; lines that begin with # are comments",
          .group = kServer,
          .set = [](S& s, V v) { return store_text(s.api_key_file, v); }},
  Setting{.name = "drain-timeout", .value_name = "TIME", .default_text = "30s", .range = "a time: 500ms, 30s, 2m",
          .help = "How long requests that run may take to end after SIGTERM", .group = kServer,
          .set = [](S& s, V v) { return store(s.drain_timeout, parse_duration(v.front())); }},

  Setting{.name = "max-queue", .value_name = "N", .default_text = "64", .range = "0 to 1000000",
          .help = "Requests that may wait beyond those that run, more are refused with 503; with several keys, of one key as many as "
                  "places stay free, more with 429",
          .group = kLimits,
          .set = [](S& s, V v) { return store(s.max_queue, parse_whole_number(v.front(), kQueue)); }},
  Setting{.name = "max-body", .value_name = "SIZE", .default_text = "32M", .range = "a size: 512K, 32M",
          .help = "Largest request body", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.max_body, parse_bytes(v.front())); }},
  Setting{.name = "max-header", .value_name = "SIZE", .default_text = "32K", .range = "a size: 16K, 1M",
          .help = "Largest head of a request, all headers together", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.max_header, parse_bytes(v.front())); }},
  Setting{.name = "max-headers", .value_name = "N", .default_text = "100", .range = "8 to 10000",
          .help = "Most headers of a request", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.max_headers, parse_whole_number(v.front(), kHeaders)); }},
  Setting{.name = "max-connections", .value_name = "N", .default_text = "4096", .range = "1 to 1000000",
          .help = "Connections that may be open at once", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.max_connections, parse_whole_number(v.front(), kConnections)); }},
  Setting{.name = "header-timeout", .value_name = "TIME", .default_text = "10s", .range = "a time: 500ms, 30s, 2m",
          .help = "How long the head of a request may take to arrive", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.header_timeout, parse_duration(v.front())); }},
  Setting{.name = "body-timeout", .value_name = "TIME", .default_text = "60s", .range = "a time: 500ms, 30s, 2m",
          .help = "Longest silence inside a request's body", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.body_timeout, parse_duration(v.front())); }},
  Setting{.name = "idle-timeout", .value_name = "TIME", .default_text = "75s", .range = "a time: 500ms, 30s, 2m",
          .help = "How long a connection may wait between two requests", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.idle_timeout, parse_duration(v.front())); }},
  Setting{.name = "write-timeout", .value_name = "TIME", .default_text = "30s", .range = "a time: 500ms, 30s, 2m",
          .help = "A client that takes no byte of its answer for so long is given up", .group = kLimits,
          .set = [](S& s, V v) { return store(s.limits.write_timeout, parse_duration(v.front())); }},

  Setting{.name = "config", .value_name = "FILE", .default_text = "$XDG_CONFIG_HOME/minerva/config.toml", .range = "a TOML file",
          .help = "Settings from this file; without one, from the usual place if there is a file", .group = kProgram,
          .in_file = false,
          .set = [](S& s, V v) { return store_text(s.config, v); }},
  Setting{.name = "log-level", .value_name = "LEVEL", .default_text = "info", .range = "debug, info, warn, error, off",
          .help = "How much goes to standard error", .group = kProgram,
          .set = [](S& s, V v) { return store(s.log_level, log::parse_level(v.front())); }},
  Setting{.name = "worker", .value_name = "FILE", .default_text = "", .range = "a program",
          .help = "The worker program; without the setting, minerva-worker beside this one", .group = kProgram, .hidden = true,
          .set = [](S& s, V v) { return store_text(s.worker, v); }},
};
// clang-format on

}  // namespace

std::span<const Setting> settings_table() { return kTable; }

const Setting* find_setting(std::string_view name) {
  const auto* found = std::ranges::find(kTable, name, &Setting::name);
  return found == kTable.end() ? nullptr : found;
}

const Setting* find_setting_by_flag(std::string_view flag) {
  const auto* found = std::ranges::find_if(
      kTable, [&](const Setting& setting) { return std::ranges::contains(flag_names(setting), flag); });
  return found == kTable.end() ? nullptr : found;
}

}  // namespace minerva::cli
