#include "inference/llama_log.h"

#include <llama.h>

#include <deque>
#include <mutex>
#include <string_view>

#include "base/log.h"

namespace minerva::inference {
namespace {

constexpr std::size_t kMostErrors = 8;
constexpr std::size_t kMostLines = 4096;

// The library's callback is global, and so is what it writes to.
struct Sink {
  std::mutex mutex;
  std::string line;  // begun and not ended
  ggml_log_level line_level = GGML_LOG_LEVEL_NONE;
  struct Line {
    ggml_log_level level;
    std::string text;
  };
  std::deque<std::string> recent_errors;
  int n_captures = 0;
  std::vector<Line> lines;  // of the captures
};

Sink& sink() {
  static Sink instance;
  return instance;
}

void end_line_locked(Sink& to) {
  if (!to.line.empty()) log::debug("llama", "{}", to.line);
  if (to.line_level == GGML_LOG_LEVEL_ERROR && !to.line.empty()) {
    if (to.recent_errors.size() == kMostErrors) to.recent_errors.pop_front();
    to.recent_errors.push_back(to.line);
  }
  if (to.n_captures > 0 && !to.line.empty() && to.lines.size() < kMostLines) {
    to.lines.push_back({.level = to.line_level, .text = to.line});
  }
  to.line.clear();
}

void receive(ggml_log_level level, const char* text, void* /*user*/) {
  Sink& to = sink();
  const std::lock_guard lock{to.mutex};
  if (level != GGML_LOG_LEVEL_CONT) to.line_level = level;
  for (std::string_view rest{text}; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    to.line += rest.substr(0, end);
    if (end == std::string_view::npos) break;
    end_line_locked(to);
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

void install_llama_log() { llama_log_set(receive, nullptr); }

std::vector<std::string> recent_library_errors() {
  const std::lock_guard lock{sink().mutex};
  return {sink().recent_errors.begin(), sink().recent_errors.end()};
}

LlamaLogCapture::LlamaLogCapture() {
  install_llama_log();
  const std::lock_guard lock{sink().mutex};
  ++sink().n_captures;
  first_ = sink().lines.size();
}

LlamaLogCapture::~LlamaLogCapture() {
  const std::lock_guard lock{sink().mutex};
  if (--sink().n_captures == 0) sink().lines.clear();
}

std::vector<std::string> LlamaLogCapture::lines() const {
  const std::lock_guard lock{sink().mutex};
  std::vector<std::string> texts;
  for (std::size_t i = first_; i < sink().lines.size(); ++i) texts.push_back(sink().lines[i].text);
  return texts;
}

std::vector<std::string> LlamaLogCapture::errors() const {
  const std::lock_guard lock{sink().mutex};
  std::vector<std::string> texts;
  for (std::size_t i = first_; i < sink().lines.size(); ++i) {
    if (sink().lines[i].level == GGML_LOG_LEVEL_ERROR) texts.push_back(sink().lines[i].text);
  }
  if (texts.size() > kMostErrors) texts.erase(texts.begin(), texts.end() - kMostErrors);
  return texts;
}

}  // namespace minerva::inference
