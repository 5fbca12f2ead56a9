#pragma once
// What every request was promised and what it got. Each broken promise is a failed check of the running test:
// one terminal event, events in order, the text that the request has when it runs alone, errors that are its own.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/scripted_backend.h"
#include "traffic.h"
#include "wire/messages.h"

namespace minerva::simulation {

class Ledger {
 public:
  struct Rules {
    support::NextToken next;      // what the model says
    std::uint32_t n_context = 0;  // of a sequence
    bool may_fail = false;        // decodes are made to fail
    bool may_run_out = false;     // the KV is too small for all that run
  };
  explicit Ledger(Rules rules) : rules_{std::move(rules)} {}

  struct Entry {
    Request request;
    std::uint64_t submitted_in = 0;   // step
    std::uint64_t last_token_in = 0;  // step; 0: none yet
    bool accepted = false;
    bool is_left = false;  // by its client
    std::vector<wire::Token> answer;
    std::string text;
  };

  void submitted(Request request, std::uint64_t step);
  void left(std::uint64_t id);  // whether it is still there or not

  // An ended entry is given back; it is gone from the ledger.
  [[nodiscard]] std::optional<Entry> note(const wire::SequenceEvent& event, std::uint64_t step);

  [[nodiscard]] const std::unordered_map<std::uint64_t, Entry>& open() const { return open_; }
  [[nodiscard]] std::uint64_t n_finished() const { return n_finished_; }
  [[nodiscard]] std::uint64_t n_failed() const { return n_failed_; }
  [[nodiscard]] std::uint64_t most_steps_between_tokens() const { return most_steps_between_tokens_; }
  [[nodiscard]] std::uint64_t most_steps_open() const { return most_steps_open_; }
  [[nodiscard]] std::uint64_t n_drafts_accepted() const { return n_drafts_accepted_; }
  [[nodiscard]] std::uint64_t n_cached() const { return n_cached_; }

 private:
  void on(Entry& entry, const wire::SequenceAccepted& event, std::uint64_t step);
  void on(Entry& entry, const wire::SequenceText& event, std::uint64_t step);
  void on(Entry& entry, const wire::SequenceFinished& event, std::uint64_t step);
  void on(Entry& entry, const wire::SequenceFailed& event, std::uint64_t step);

  Rules rules_;
  std::unordered_map<std::uint64_t, Entry> open_;
  std::set<std::string> faults_told_;  // each injected fault has a text of its own
  std::uint64_t n_finished_ = 0;
  std::uint64_t n_failed_ = 0;
  std::uint64_t most_steps_between_tokens_ = 0;
  std::uint64_t most_steps_open_ = 0;
  std::uint64_t n_drafts_accepted_ = 0;
  std::uint64_t n_cached_ = 0;
};

// What a request is answered when it has the engine to itself.
struct Answer {
  std::vector<wire::Token> tokens;
  std::string text;
  wire::FinishReason reason = wire::FinishReason::kLength;
  std::string stop_text;
};
[[nodiscard]] Answer answer_alone(const Request& request, const support::NextToken& next,
                                  std::uint32_t n_context);

}  // namespace minerva::simulation
