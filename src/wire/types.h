#pragma once
// The values that both programs speak of. Plain aggregates: encoded by field name, so that a field may be added at any
// place without a new protocol version; a field that is missing keeps its default.
//
// Units stand in the names; counts are tokens unless said otherwise.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace minerva::wire {

using Token = std::int32_t;  // llama_token

// Where a piece of a rendered prompt comes from. Control tokens are recognised in the template's own text only, so that
// a user's text cannot forge them.
enum class Origin : std::uint8_t { kTemplate, kMessage };

struct PromptSpan {
  std::uint32_t n_bytes = 0;
  Origin origin = Origin::kMessage;

  friend bool operator==(const PromptSpan&, const PromptSpan&) = default;
};

// A rendered prompt. The spans follow each other and cover `text` exactly.
struct PromptText {
  std::string text;
  std::vector<PromptSpan> spans;
};

struct LogitBias {
  Token token = 0;
  float bias = 0.0F;
};

// What begins a lazy grammar. The order is llama-server's number of the type.
enum class TriggerKind : std::uint8_t {
  kToken,    // this token; it is the grammar's first
  kWord,     // this text, which is the grammar's beginning
  kPattern,  // where this regular expression is found; the grammar begins with its first group, or its match
  kPatternFull,  // the same, of the whole answer so far
};

struct GrammarTrigger {
  TriggerKind kind = TriggerKind::kWord;
  std::string value{};  // of kToken: its text, where `token` is not known
  Token token = -1;     // of kToken; -1: not known
};

// Names, meanings and defaults are llama-server's.
struct SamplingParams {
  float temperature = 0.8F;     // <= 0 is greedy
  float dynatemp_range = 0.0F;  // > 0: the temperature moves so far around its value with the entropy
  float dynatemp_exponent = 1.0F;
  std::int32_t top_k = 40;          // <= 0: off
  float top_p = 0.95F;              // 1: off
  float min_p = 0.05F;              // 0: off
  float typical_p = 1.0F;           // 1: off
  float top_n_sigma = -1.0F;        // <= 0: off
  float xtc_probability = 0.0F;     // 0: off
  float xtc_threshold = 0.1F;       // above 0.5: off
  std::uint32_t min_keep = 0;       // candidates that the filters leave at least
  std::int32_t repeat_last_n = 64;  // 0: off; -1: the whole context
  float repeat_penalty = 1.0F;
  float frequency_penalty = 0.0F;
  float presence_penalty = 0.0F;
  float dry_multiplier = 0.0F;  // 0: off
  float dry_base = 1.75F;
  std::int32_t dry_allowed_length = 2;
  std::int32_t dry_penalty_last_n = -1;  // 0: off; -1: the whole context
  std::vector<std::string> dry_sequence_breakers{"\n", ":", "\"", "*"};
  std::int32_t mirostat = 0;  // 1, 2: that version, instead of all filters but the temperature
  float mirostat_tau = 5.0F;
  float mirostat_eta = 0.1F;
  float adaptive_target = -1.0F;  // >= 0: draws tokens near this probability, unless `samplers` leaves it out
  float adaptive_decay = 0.9F;
  std::vector<std::string> samplers;  // order of the filters; empty: kSamplerNames
  std::uint64_t seed = 0;             // token i draws from (seed, i) alone
  std::vector<LogitBias> logit_bias;
  std::string grammar;        // GBNF with the start symbol "root"; empty: none
  bool grammar_lazy = false;  // the grammar holds from its first trigger on
  std::vector<GrammarTrigger> grammar_triggers;
  std::int32_t n_probs = -1;  // >= 0: log probabilities of the token and of so many of the likeliest
};

struct GenerationSpec {
  std::uint64_t id = 0;
  PromptText prompt;
  SamplingParams sampling;
  std::uint32_t max_tokens = 0;  // 0: as many as the context holds
  std::vector<std::string> stop;
  bool ignore_eos = false;  // a grammar's end is still an end
  std::uint32_t tenant =
      0;  // whose it is: tenants share the machine fairly and see nothing of each other's prefixes
  std::int32_t priority = 0;  // higher ones go first; of lower ones one is set aside when memory runs out
};

enum class FinishReason : std::uint8_t { kStop, kLength };

// Where the beginning of a prompt was found: nowhere, in a slot (its own or another's), in host memory, in a file.
enum class PrefixTier : std::uint8_t { kNone, kKv, kHost, kDisk };
inline constexpr std::array<std::string_view, 4> kPrefixTierNames{"none", "kv", "host", "disk"};

[[nodiscard]] constexpr std::string_view name_of(PrefixTier tier) {
  return kPrefixTierNames[static_cast<std::size_t>(tier)];
}

// What a request took. Times are the engine's own.
struct GenerationStats {
  std::uint32_t n_prompt = 0;                // all prompt tokens
  std::uint32_t n_cached = 0;                // of these, found in a prefix that was there already
  PrefixTier cached_in = PrefixTier::kNone;  // where
  std::uint32_t n_generated = 0;             // the end token counts
  std::uint32_t n_drafted = 0;               // tokens computed ahead
  std::uint32_t n_accepted = 0;   // of these, right: generated tokens that cost no step of their own
  std::uint32_t n_preempted = 0;  // times that it was set aside for others and taken up again
  std::uint32_t n_resumed = 0;    // times that its worker ended and the next one went on with it
  std::uint64_t queue_us = 0;     // from arrival at the engine to the first prompt token's step
  std::uint64_t prefill_us = 0;   // from there to the first generated token
  std::uint64_t decode_us = 0;    // from there to the last
};

// What a sampler learnt from the logits behind its tokens, so that the tokens alone do not tell it; empty for most.
using SamplerMemory = std::vector<float>;

// How far a request had come when its worker ended: with its GenerationSpec all that another needs to go on with it.
struct Resumption {
  std::vector<Token> prompt;     // as SequenceAccepted told it
  std::vector<Token> generated;  // as SequenceText told them
  SamplerMemory sampler;         // after the last of them
  GenerationStats stats;         // its times reach until now: the last one that has begun goes on
};

// --- events of a sequence, in this order: accepted, text*, (finished | failed)

struct SequenceAccepted {
  std::uint64_t id = 0;
  std::vector<Token> prompt;
};

struct TokenProbability {
  Token token = 0;
  std::string bytes;  // may begin or end inside a code point
  float log_probability = 0.0F;
};

// Natural logarithms, of the model's own distribution before any filter.
struct TokenProbabilities {
  TokenProbability chosen;
  std::vector<TokenProbability> likeliest;  // in order
};

struct SequenceText {
  std::uint64_t id = 0;
  std::vector<Token>
      tokens;  // may be more or less than `text` shows: text is held back at stop strings and inside UTF-8
  std::string text;  // whole code points
  std::vector<TokenProbabilities>
      probabilities;  // one for each token when the request asked for them; none for a token that ends the generation
  // What the request took so far, with the first token and whenever it says more than the tokens themselves.
  std::optional<GenerationStats> stats{};
  SamplerMemory sampler{};  // after the last of `tokens`
};

struct SequenceFinished {
  std::uint64_t id = 0;
  FinishReason reason = FinishReason::kStop;
  std::string stop_text;  // the stop string that ended it, if one did
  GenerationStats stats;
};

struct SequenceFailed {
  std::uint64_t id = 0;
  Error error;
};

// Time that steps took, by what it went into. Sums.
struct StepTimes {
  std::uint64_t n_steps = 0;
  std::uint64_t plan_us = 0;     // giving slots, choosing and assembling the batch
  std::uint64_t draft_us = 0;    // the draft model's work
  std::uint64_t compute_us = 0;  // the library's decode, until its results are there
  std::uint64_t sample_us = 0;   // drawing tokens, and turning them into text
  std::uint64_t report_us = 0;  // telling what came, hearing what is new; until the next step, if one follows
};

// Prompts that were given a slot, by where their beginning was found; and tokens of all prompts, by where each was found.
struct PrefixUse {
  std::uint64_t n_requests = 0;
  std::uint64_t n_tokens = 0;
};

// Sums are since the worker started.
struct EngineStatus {
  std::uint64_t steps_completed = 0;
  std::uint32_t n_running = 0;
  std::uint32_t n_waiting = 0;
  std::uint32_t kv_cells_used = 0;
  std::uint32_t kv_cells = 0;
  std::uint64_t last_step_us = 0;
  std::uint64_t longest_step_us = 0;  // that is to be expected of a full batch; 0 while none was measured
  std::uint64_t n_prompt_tokens = 0;  // computed: neither those that were found nor those that wait
  std::uint64_t n_decode_tokens = 0;  // computed behind prompts, drafted ones too
  std::uint64_t n_generated_tokens = 0;
  std::uint64_t n_preemptions = 0;
  StepTimes prompt_steps{};                                   // steps that computed some of a prompt
  StepTimes decode_steps{};                                   // the others
  std::array<PrefixUse, kPrefixTierNames.size()> prefixes{};  // by PrefixTier
  std::uint64_t prefix_store_bytes = 0;                       // in host memory now
  std::uint64_t prefix_files_bytes = 0;                       // on disk now, of this model
};

// --- devices and models

enum class DeviceKind : std::uint8_t { kCpu, kGpu, kIntegratedGpu, kAccelerator };

struct DeviceInfo {
  std::string name;         // ggml's, e.g. "Vulkan0"; what --device takes
  std::string description;  // e.g. "NVIDIA GeForce RTX 4090"
  std::string backend;      // e.g. "Vulkan"
  DeviceKind kind = DeviceKind::kCpu;
  std::uint64_t memory_free_bytes = 0;
  std::uint64_t memory_total_bytes = 0;
  std::string id{};  // on the PCI bus, "0000:c1:00.0"; empty where the back end does not say
  std::string
      driver{};  // of the kernel, with its version where it has one: "nvidia 570.86"; empty when not known
};

struct DeviceMemory {
  std::string device;  // DeviceInfo::name, or "CPU"
  std::uint64_t weights_bytes = 0;
  std::uint64_t kv_bytes = 0;
  std::uint64_t compute_bytes = 0;
};

// What loading a model took on one device beyond what was planned for it: the driver's own, and what no sum knows.
struct DeviceMargin {
  std::string
      device;  // back end and description, so that another device of the same name is another: "Vulkan RTX 4090"
  std::uint64_t n_bytes = 0;

  friend bool operator==(const DeviceMargin&, const DeviceMargin&) = default;
};

// What a placement is to take on one device, and what it may.
struct DevicePlan {
  std::string device;  // DeviceInfo::name, or "CPU"
  std::string description;
  std::uint32_t n_layers = 0;  // the output counts as one
  std::uint64_t weights_bytes = 0;
  std::uint64_t kv_bytes = 0;
  std::uint64_t compute_bytes = 0;
  std::uint64_t caches_bytes = 0;   // prefixes in host memory
  std::uint64_t draft_bytes = 0;    // all of the draft model's parts
  std::uint64_t margin_bytes = 0;   // for what none of these knows
  std::uint64_t sum_bytes = 0;      // of all above
  std::uint64_t may_use_bytes = 0;  // that automatic choices stay within; 0: the device does not say
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};

// A control token, whose text is no part of an answer's text.
struct ControlToken {
  Token token = 0;
  std::string text;

  friend bool operator==(const ControlToken&, const ControlToken&) = default;
};

// The smaller model that drafts for the served one.
struct DraftCard {
  std::string name;
  std::string architecture;
  std::string quantization;
  std::uint64_t n_parameters = 0;
  std::uint64_t file_bytes = 0;
  std::uint32_t n_layers = 0;
  std::uint32_t n_gpu_layers = 0;
  std::uint32_t n_ctx_sequence = 0;  // longer sequences are served without it
  std::vector<DeviceMemory> memory;
  std::string placement;
};

enum class FlashAttention : std::uint8_t { kAuto, kOn, kOff };

// Numbers in which a context can be kept, by ggml's names.
inline constexpr std::array<std::string_view, 9> kKvTypes{"f32",  "f16",    "bf16", "q8_0", "q5_1",
                                                          "q5_0", "iq4_nl", "q4_1", "q4_0"};

// Whether the worker gives up what it does not need before it opens a model file (docs/sandbox.md).
enum class SandboxMode : std::uint8_t {
  kAuto,  // as far as the system goes
  kOn,    // wholly, or it does not start
  kOff,
};

// What it gave up.
struct Sandbox {
  bool files = false;         // all but those it needs, with TCP and signals where the kernel knows of them
  bool system_calls = false;  // other programs, processes, machines, and the kernel's settings
  std::vector<std::string> missing;  // what the system cannot do, and why
};

struct ModelCard {
  std::string name;
  std::string architecture;
  std::string quantization;
  std::uint64_t n_parameters = 0;
  std::uint64_t file_bytes = 0;
  std::uint32_t n_layers = 0;
  std::uint32_t n_gpu_layers = 0;
  std::uint32_t n_vocab = 0;
  std::uint32_t n_ctx_train = 0;
  std::uint32_t n_ctx = 0;           // all sequences together
  std::uint32_t n_ctx_sequence = 0;  // one sequence
  std::uint32_t n_parallel = 0;
  bool kv_unified =
      false;  // all sequences' cells in one buffer: each may take all of them, a shared prefix takes them once
  FlashAttention flash_attention = FlashAttention::kAuto;  // auto: the library chose
  std::string cache_type_k;                                // of kKvTypes
  std::string cache_type_v;
  std::uint32_t n_batch = 0;
  std::uint32_t n_threads = 0;  // that compute
  std::string chat_template;    // empty when the model has none
  std::string bos_text;
  std::string eos_text;
  std::vector<ControlToken>
      control_tokens;                // that may mark parts of an answer, such as tool calls; none that end it
  std::vector<DeviceMemory> memory;  // of all that is loaded, a draft model with it
  std::vector<DeviceMemory> planned{};  // as `memory`, as it was foreseen
  std::vector<DeviceMargin> beyond_plan{};
  std::uint64_t load_us = 0;
  std::string placement;   // one sentence: what runs where, and why
  std::uint32_t rung = 0;  // of the ladder of smaller forms that this is; 0: as asked
  std::optional<DraftCard> draft;
  Sandbox sandbox{};  // of the worker that has it
};

inline constexpr std::uint32_t kMostDrafted = 15;

// The last rung of the ladder of smaller placements (inference/ladder.h): everything on the CPU.
inline constexpr std::uint32_t kCpuRung = 8;

// How the model is to be placed. Zero means: choose.
struct LoadOptions {
  std::string model_path;
  std::uint32_t n_ctx = 0;       // all sequences together, as llama-server's --ctx-size
  std::uint32_t n_parallel = 0;  // sequences that run at once
  std::uint32_t n_threads = 0;
  std::uint32_t n_batch = 0;         // most tokens of one step
  std::int32_t n_gpu_layers = -1;    // kGpuLayersAuto, kGpuLayersAll, or a number
  std::vector<std::string> devices;  // ggml names; empty: all; {"none"}: CPU only
  bool ignore_memory_check = false;  // load even when the numbers say that it cannot fit
  bool require_gpu = false;          // rather not at all than on the CPU alone
  std::uint32_t rung = 0;            // of the ladder of smaller forms (inference/ladder.h): where to begin
  std::uint32_t n_ctx_least = 0;     // that a request needs which is served already; 0: there is none
  // Longest time between two tokens of a stream that prompts of others may cause; 0: throughput only, kMaxItlAuto: by device.
  std::uint32_t max_itl_ms = 0xFFFF'FFFF;
  // Host memory for prefixes that lost their slot; 0: none, kCacheRamAuto: a quarter of what is free, at most 2 GiB.
  std::uint32_t cache_ram_mib = 0xFFFF'FFFF;
  bool kv_unified = false;  // ModelCard::kv_unified
  FlashAttention flash_attention = FlashAttention::kAuto;
  std::string cache_type_k;  // of kKvTypes; empty: as suits the machine
  std::string cache_type_v;
  bool shared_prefixes = false;  // one tenant's prefixes serve all
  bool drafts = true;            // speculation by prompt lookup
  bool reuse_prefixes = true;    // false: every prompt is computed whole, whatever was computed before
  std::string prefix_cache_dir;  // where prefixes outlive the process; empty: nowhere
  std::uint32_t prefix_cache_mib = 8192;
  std::string draft_model_path;            // a smaller model of the same vocabulary that drafts; empty: none
  std::int32_t n_gpu_layers_draft = -1;    // as n_gpu_layers
  std::uint32_t draft_max = kMostDrafted;  // most tokens drafted for a sequence in one step
  std::uint32_t draft_min = 0;             // shorter drafts are not computed ahead
  SandboxMode sandbox = SandboxMode::kAuto;
  std::uint64_t memory_limit_bytes = 0;  // of host memory, for all parts of the model; 0: as the machine has
  std::uint64_t gpu_memory_limit_bytes = 0;  // the same of each GPU
  std::vector<DeviceMargin> margins{};       // learnt from loads before
  float draft_p_min = 0.0F;  // the draft model stops before a token that it thinks less probable itself
};
inline constexpr std::int32_t kGpuLayersAuto = -1;
inline constexpr std::int32_t kGpuLayersAll = -2;
inline constexpr std::uint32_t kCacheRamAuto = 0xFFFF'FFFF;
inline constexpr std::uint32_t kMaxItlAuto = 0xFFFF'FFFF;  // 200 ms on a CPU, 50 ms on a GPU

// What `minerva-worker --probe` prints, as JSON.
struct MachineReport {
  std::string engine_version;         // of libllama and ggml
  std::vector<std::string> backends;  // ggml back ends that loaded, e.g. "CPU", "Vulkan"
  std::vector<DeviceInfo> devices;
  std::vector<std::string> cpu_features;  // that the loaded CPU back end uses, e.g. "AVX2"
};

// What `minerva-worker --plan` prints, as JSON: the placement that a load with these options would have now.
struct PlanReport {
  std::optional<Error> error{};  // why it would be refused; what is known of the plan stands all the same
  std::string model_path;
  std::uint64_t file_bytes = 0;
  std::uint32_t n_layers = 0;
  std::uint32_t n_gpu_layers = 0;  // the output counts as one more
  std::uint32_t n_ctx = 0;
  std::uint32_t n_parallel = 0;
  std::uint32_t n_batch = 0;
  std::string cache_type_k;
  std::string cache_type_v;
  bool is_exact = false;  // the library said what it would take; otherwise estimated
  std::string placement;  // the sentence
  std::vector<DevicePlan> devices;
};

}  // namespace minerva::wire
