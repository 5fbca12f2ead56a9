#include "cli/drill/drill_streams.h"

#include <algorithm>

namespace minerva::cli {

using std::chrono::milliseconds;

DrillStreams::DrillStreams(const ChatOptions& chat, const std::vector<std::string>& prompts,
                           const std::stop_token& stop)
    : seen_(prompts.size()), stop_(stop) {
  for (std::size_t i = 0; i < prompts.size(); ++i)
    threads_.emplace_back([this, chat, i, prompt = prompts[i], stop] { ask(chat, i, prompt, stop); });
}

void DrillStreams::ask(const ChatOptions& chat, std::size_t number, const std::string& prompt,
                       const std::stop_token& stop) {
  const auto on_text = [&](std::string_view text) {
    const auto now = StreamSeen::Clock::now();
    const std::lock_guard lock{mutex_};
    StreamSeen& seen = seen_[number];
    if (seen.n_pieces > 0) {
      const auto gap = std::chrono::duration_cast<milliseconds>(now - seen.last_piece);
      seen.longest_gap = std::max(seen.longest_gap, gap);
    }
    seen.text += text;
    ++seen.n_pieces;
    seen.last_piece = now;
    changed_.notify_all();
  };
  const auto answer = ChatSession{chat}.ask(prompt, on_text, stop);
  const std::lock_guard lock{mutex_};
  seen_[number].ended = true;
  if (!answer) seen_[number].failure = answer.error();
  changed_.notify_all();
}

bool DrillStreams::wait_for_pieces(std::uint32_t n_pieces) {
  std::unique_lock lock{mutex_};
  return changed_.wait(lock, stop_, [&] {
    return std::ranges::all_of(
        seen_, [&](const StreamSeen& seen) { return seen.ended || seen.n_pieces >= n_pieces; });
  });
}

std::uint32_t DrillStreams::n_running() {
  const std::lock_guard lock{mutex_};
  return static_cast<std::uint32_t>(std::ranges::count(seen_, false, &StreamSeen::ended));
}

std::vector<StreamSeen> DrillStreams::finish() {
  threads_.clear();  // joins
  return seen_;
}

}  // namespace minerva::cli
