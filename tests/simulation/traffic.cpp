#include "traffic.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace minerva::simulation {
namespace {

constexpr std::uint32_t kDocuments = 4;

}  // namespace

Traffic::Traffic(TrafficOptions options, std::uint64_t seed) : options_{options}, random_{seed} {
  for (std::uint32_t i = 0; i < kDocuments; ++i)
    documents_.push_back(words(1 + below(options_.n_context * 2 / 3)));
  for (std::uint32_t i = 0; i < options_.n_clients; ++i)
    clients_.push_back({.asks_at = pause(), .waits_for = 0, .so_far = {}});
}

// Of few letters, so that prompts share beginnings by chance too.
std::vector<wire::Token> Traffic::words(std::uint32_t n) {
  std::vector<wire::Token> tokens(n);
  for (auto& token : tokens) token = static_cast<wire::Token>('a' + below(3));
  return tokens;
}

// Exponential: requests come in bunches.
Time Traffic::pause() {
  const double share = (static_cast<double>(below(1U << 20U)) + 1) / (1U << 20U);
  return Time{static_cast<std::int64_t>(-std::log(share) * static_cast<double>(options_.mean_pause.count()))};
}

std::vector<wire::Token> Traffic::prompt_of(Client& client) {
  std::vector<wire::Token> prompt = std::exchange(client.so_far, {});
  if (prompt.empty() && below(3) > 0) prompt = documents_[below(kDocuments)];
  const auto room = options_.n_context - 1 - static_cast<std::uint32_t>(prompt.size());
  // Most are short, some take what there is.
  const std::uint32_t most = one_in(8) ? room : std::min(room, 24U);
  const auto question = words(1 + below(std::max(1U, most)));
  prompt.insert(prompt.end(), question.begin(), question.end());
  prompt.resize(std::min<std::size_t>(prompt.size(), options_.n_context - 1));
  return prompt;
}

void Traffic::spoil(Request& request) {
  request.is_flawed = true;
  switch (below(3)) {
    case 0: return request.prompt.clear();
    case 1: return request.prompt.resize(options_.n_context + below(10), 'x');
    default: request.spec.sampling.top_p = -1;  // what the scripted backend refuses
  }
}

std::optional<Request> Traffic::next(Time now) {
  const auto it = std::ranges::find_if(
      clients_, [&](const Client& client) { return client.asks_at && *client.asks_at <= now; });
  if (it == clients_.end()) return std::nullopt;
  it->asks_at.reset();
  it->waits_for = ++last_id_;
  Request request;
  request.prompt = prompt_of(*it);
  request.spec.id = last_id_;
  request.spec.max_tokens = one_in(6) ? 0 : 1 + below(options_.longest_answer);
  request.spec.ignore_eos = one_in(4) && request.spec.max_tokens > 0;
  if (one_in(5))
    request.spec.stop = {std::string{static_cast<char>('a' + below(26)), static_cast<char>('a' + below(26))}};
  if (options_.has_tenants) request.spec.tenant = below(3);
  if (options_.has_priorities) request.spec.priority = static_cast<std::int32_t>(below(3)) - 1;
  if (one_in(options_.cancelled_in)) request.leaves = now + pause();
  if (one_in(options_.flawed_in)) spoil(request);
  return request;
}

std::optional<Time> Traffic::next_at() const {
  std::optional<Time> earliest;
  for (const Client& client : clients_) {
    if (client.asks_at && (!earliest || *client.asks_at < *earliest)) earliest = client.asks_at;
  }
  return earliest;
}

void Traffic::ended(std::uint64_t id, std::span<const wire::Token> tokens, Time now) {
  const auto it = std::ranges::find(clients_, id, &Client::waits_for);
  if (it == clients_.end()) return;
  it->waits_for = 0;
  it->asks_at = now + pause();
  if (below(2) == 0 && tokens.size() + 8 < options_.n_context)
    it->so_far.assign(tokens.begin(), tokens.end());
}

}  // namespace minerva::simulation
