#pragma once
// Which requests may go to a worker, after workers have died: most deaths have nothing to do with what was asked, but a
// request that kills every worker it meets must not take its neighbours along for ever.
//
// A request that was in a worker twice in a row and got nothing there before the worker died is a suspect. While there are
// suspects they are tried alone, half of the most suspicious ones at a time; everyone else waits. Those that get a token
// are cleared and run on while the next half joins them. A request that was alone with a worker twice in a row, and got
// nothing, is guilty.
//
// Pure; a value of one owner.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace minerva::gateway {

class Quarantine {
 public:
  using Id = std::uint64_t;

  // A request that was sent to the worker that lives now, or lived last.
  struct Inside {
    Id id = 0;
    bool progressed = false;  // it got a token there
  };

  // The worker ended. Gives back the guilty one, if there is one; it is forgotten here.
  [[nodiscard]] std::vector<Id> after_death(std::span<const Inside> inside);

  // Of those that wait, in the order in which they are to be sent, those that may go now.
  [[nodiscard]] std::vector<Id> admitted(std::span<const Id> waiting, std::span<const Inside> inside);

  // It got a token, or it ended, and so did not kill its worker.
  void clear(Id id) { records_.erase(id); }

  [[nodiscard]] bool has_suspects() const;

 private:
  static constexpr std::uint32_t kSuspectAt = 2;
  static constexpr std::uint32_t kGuiltyAt = 2;

  struct Record {
    std::uint32_t n_barren = 0;  // deaths in a row before which it got nothing
    std::uint32_t n_alone = 0;   // of these the last ones, at which it was alone
  };

  [[nodiscard]] std::uint32_t suspicion(Id id) const;

  std::map<Id, Record> records_;
};

}  // namespace minerva::gateway
