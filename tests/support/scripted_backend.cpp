#include "support/scripted_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstring>
#include <unordered_set>
#include <utility>

namespace minerva::support {
namespace {

using inference::BatchToken;
using inference::DecodeStatus;
using inference::Piece;
using inference::Sampler;
using inference::SlotId;

// An answer as tokens, without its end.
std::vector<Token> full_answer(const std::string& prompt) {
  std::vector<Token> answer;
  if (const auto at = prompt.rfind("count "); at != std::string::npos) {
    int first = 1;
    int last = 0;
    if (std::sscanf(prompt.c_str() + at, "count %d to %d", &first, &last) < 2) last = std::exchange(first, 1);
    for (int i = first; i <= last; ++i) answer.push_back(number_token(i, i == first));
    return answer;
  }
  const auto at = prompt.rfind("say ");
  for (const char byte : at == std::string::npos ? "ok" : prompt.substr(at + 4))
    answer.push_back(byte_token(byte));
  return answer;
}

std::uint64_t hash_of(std::span<const Token> tokens) {
  // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const Token token : tokens) hash = (hash ^ static_cast<std::uint64_t>(token)) * 0x100000001B3ULL;
  return hash ^ hash >> 29U;
}

class ScriptedSampler final : public Sampler {
 public:
  ScriptedSampler(const ScriptedBackend& backend, bool ignore_eos, bool wants_probabilities)
      : backend_{backend}, ignore_eos_{ignore_eos}, wants_probabilities_{wants_probabilities} {}

  Result<inference::Sampled> sample(std::int32_t batch_index, std::uint32_t /*n_generated*/) override {
    const auto tokens = backend_.tokens_at(batch_index);
    const auto& options = backend_.options();
    if (options.sampling_fails && options.sampling_fails(text_of(tokens)))
      return fail(ErrorCode::kSamplingFailed, "scripted");
    const Token next = options.next(tokens);
    inference::Sampled sampled{.token = next == kEndToken && ignore_eos_ ? byte_token('.') : next,
                               .probabilities = {}};
    if (wants_probabilities_)
      sampled.probabilities = {.chosen = {.token = sampled.token, .value = 0}, .likeliest = {}};
    return sampled;
  }

  Status go_on(std::span<const Token> /*generated*/, const wire::SamplerMemory& /*memory*/) override {
    return {};
  }

 private:
  const ScriptedBackend& backend_;
  bool ignore_eos_;
  bool wants_probabilities_;
};

}  // namespace

std::string text_of(Token token) {
  if (token < kEndToken) return std::string(1, static_cast<char>(token));
  if (token == kEndToken) return {};
  if (token < 1024) return std::string(1, static_cast<char>(token - 512));
  const int number = (token - 1024) / 2;
  return token % 2 == 1 ? fmt::format("{}", number) : fmt::format(" {}", number);
}

std::string text_of(std::span<const Token> tokens) {
  std::string text;
  for (const Token token : tokens) text += text_of(token);
  return text;
}

Token counting(std::span<const Token> tokens) {
  const auto generated = std::ranges::find_if(tokens, [](Token token) { return token > kEndToken; });
  const auto answer = full_answer(text_of(std::span{tokens.begin(), generated}));
  const auto n_said = static_cast<std::size_t>(tokens.end() - generated);
  return n_said < answer.size() ? answer[n_said] : kEndToken;
}

Token scrambled(std::span<const Token> tokens) {
  const std::uint64_t hash = hash_of(tokens);
  if (hash % 12 == 0) return kEndToken;
  return byte_token(static_cast<char>('a' + hash / 12 % 26));
}

Token circling(std::span<const Token> tokens) {
  constexpr std::uint64_t kDisturbedIn = 20;
  if (hash_of(tokens) / 7 % kDisturbedIn == 0) return scrambled(tokens);
  return byte_token(static_cast<char>('a' + tokens.size() % 3));
}

std::string answer_to(const NextToken& next, std::string_view prompt, std::size_t max_tokens) {
  std::vector<Token> tokens;
  for (const char byte : prompt) tokens.push_back(static_cast<unsigned char>(byte));
  while (tokens.size() < prompt.size() + max_tokens) {
    const Token token = next(tokens);
    if (token == kEndToken) break;
    tokens.push_back(token);
  }
  return text_of(std::span{tokens}.subspan(prompt.size()));
}

// --- the gate

void StepGate::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  n_allowed_ = 0;
}

void StepGate::open() {
  const std::lock_guard lock{mutex_};
  closed_ = false;
  changed_.notify_all();
}

void StepGate::allow(int n) {
  const std::lock_guard lock{mutex_};
  n_allowed_ += n;
  changed_.notify_all();
}

void StepGate::await_arrival() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return n_waiting_ > 0 && n_allowed_ == 0; });
}

void StepGate::pass() {
  std::unique_lock lock{mutex_};
  ++n_waiting_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !closed_ || n_allowed_ > 0; });
  --n_waiting_;
  if (closed_) --n_allowed_;
}

// --- the backend

ScriptedBackend::ScriptedBackend(ScriptedOptions options)
    : options_{std::move(options)},
      slots_(options_.n_parallel),
      cells_(options_.n_parallel),
      now_us_{options_.clock_us ? options_.clock_us : std::make_shared<std::atomic<std::int64_t>>(1)} {
  card_.name = "scripted";
  card_.architecture = "script";
  card_.n_vocab = options_.n_vocab;
  card_.n_ctx_train = options_.n_ctx_sequence;
  card_.n_ctx = options_.n_ctx_sequence * options_.n_parallel;
  if (options_.kv_unified) card_.n_ctx = options_.kv_cells;
  card_.kv_unified = options_.kv_unified;
  card_.n_ctx_sequence = options_.n_ctx_sequence;
  card_.n_parallel = options_.n_parallel;
  card_.n_batch = options_.n_batch;
  card_.rung = options_.rung;
  card_.n_gpu_layers = options_.n_gpu_layers;
  card_.placement = "Everything runs in the test.";
}

std::size_t ScriptedBackend::cells_used() const {
  if (options_.kv_unified) {
    std::unordered_set<std::uint64_t> used;
    for (const auto& cells : cells_) used.insert(cells.begin(), cells.end());
    return used.size();
  }
  std::size_t n = 0;
  for (const auto& slot : slots_) n += slot.size();
  return n;
}

Result<std::vector<Token>> ScriptedBackend::tokenize(const wire::PromptText& prompt) const {
  if (prompt.text.contains('\0')) return fail(ErrorCode::kTokenizationFailed, "the prompt holds a zero byte");
  std::vector<Token> tokens;
  for (const char byte : prompt.text) tokens.push_back(static_cast<unsigned char>(byte));
  return tokens;
}

Piece ScriptedBackend::piece(Token token) const {
  return {.text = text_of(token), .ends_generation = token == kEndToken};
}

Result<std::unique_ptr<Sampler>> ScriptedBackend::make_sampler(const wire::SamplingParams& params,
                                                               std::span<const Token> /*prompt*/,
                                                               bool ignore_eos) {
  if (params.top_p < 0.0F) return fail(ErrorCode::kInvalidRequest, "top_p must be between 0 and 1", "top_p");
  return std::make_unique<ScriptedSampler>(*this, ignore_eos, params.n_probs >= 0);
}

Result<DecodeStatus> ScriptedBackend::decode(std::span<const BatchToken> batch) {
  gate_.pass();
  assert(!batch.empty() && batch.size() <= options_.n_batch && "a batch has 1 to n_batch tokens");
  const std::uint64_t number = ++n_decodes_;
  const auto fault = options_.fault ? options_.fault(number, batch) : ScriptedOptions::Fault{};
  const bool full = options_.kv_cells > 0 && cells_used() + batch.size() > options_.kv_cells;
  // That there is no room is found out before anything is computed.
  if (!fault.error && (fault.no_memory_slot || full)) return DecodeStatus::kNoMemorySlot;
  const auto linear = options_.step_cost + options_.token_cost * static_cast<std::int64_t>(batch.size());
  *now_us_ += (options_.cost ? options_.cost(batch) : linear).count();
  if (fault.error) return std::unexpected(*fault.error);
  outputs_.assign(batch.size(), {});
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const BatchToken& entry = batch[i];
    auto& slot = slots_.at(static_cast<std::size_t>(entry.slot.value));
    assert(static_cast<std::size_t>(entry.position) == slot.size() &&
           "positions follow each other without gaps");
    assert(slot.size() < options_.n_ctx_sequence && "a slot holds n_ctx_sequence tokens");
    slot.push_back(entry.token);
    cells_[static_cast<std::size_t>(entry.slot.value)].push_back(++n_cells_ever_);
    if (entry.wants_logits) outputs_[i] = slot;
  }
  n_tokens_decoded_ += batch.size();
  return DecodeStatus::kOk;
}

bool ScriptedBackend::remove_from(SlotId slot, std::int32_t from) {
  if (from > 0 && !options_.can_cut) return false;
  auto& tokens = slots_.at(static_cast<std::size_t>(slot.value));
  assert(static_cast<std::size_t>(from) <= tokens.size() && "only what is there can be removed");
  tokens.resize(static_cast<std::size_t>(from));
  cells_[static_cast<std::size_t>(slot.value)].resize(static_cast<std::size_t>(from));
  return true;
}

bool ScriptedBackend::copy_prefix(SlotId source, SlotId target, std::int32_t n) {
  if (!options_.can_copy) return false;
  const auto& from = slots_.at(static_cast<std::size_t>(source.value));
  auto& to = slots_.at(static_cast<std::size_t>(target.value));
  assert(to.empty() && static_cast<std::size_t>(n) <= from.size() &&
         "an empty target takes what the source has");
  if (!options_.can_cut && static_cast<std::size_t>(n) < from.size()) return false;
  to.assign(from.begin(), from.begin() + n);
  const auto& cells = cells_[static_cast<std::size_t>(source.value)];
  cells_[static_cast<std::size_t>(target.value)].assign(cells.begin(), cells.begin() + n);
  return true;
}

std::size_t ScriptedBackend::state_size(SlotId slot) const {
  return slots_.at(static_cast<std::size_t>(slot.value)).size() * sizeof(Token);
}

inference::SlotState ScriptedBackend::state(SlotId slot) {
  *now_us_ += options_.state_cost.count();
  const auto bytes = std::as_bytes(std::span{slots_.at(static_cast<std::size_t>(slot.value))});
  inference::SlotState state(bytes.size());
  std::memcpy(state.data(), bytes.data(), bytes.size());
  return state;
}

bool ScriptedBackend::restore(SlotId slot, std::span<const std::uint8_t> state) {
  auto& tokens = slots_.at(static_cast<std::size_t>(slot.value));
  assert(tokens.empty() && "a state is restored into an empty slot");
  if (options_.kv_cells > 0 && cells_used() + state.size() / sizeof(Token) > options_.kv_cells) return false;
  tokens.resize(state.size() / sizeof(Token));
  std::memcpy(tokens.data(), state.data(), state.size());
  auto& cells = cells_[static_cast<std::size_t>(slot.value)];
  while (cells.size() < tokens.size()) cells.push_back(++n_cells_ever_);
  return true;
}

std::span<const Token> ScriptedBackend::tokens_at(std::int32_t batch_index) const {
  const auto& tokens = outputs_.at(static_cast<std::size_t>(batch_index));
  assert(!tokens.empty() && "logits were asked for here");
  return tokens;
}

}  // namespace minerva::support
