#include "chat/tools/tool_call_parser.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "chat/tools/marker.h"

namespace minerva::chat {
namespace {

using Kind = MarkerMatch::Kind;

// A call whose name has not come by then is none.
constexpr std::size_t kMaxUnannounced = 64 * 1024;

bool is_name_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

std::size_t n_leading_spaces(std::string_view text) {
  return std::min(text.size(),
                  static_cast<std::size_t>(std::ranges::find_if_not(text, is_marker_space) - text.begin()));
}

}  // namespace

ToolCallParser::ToolCallParser(ToolCallSyntax syntax, ToolCallParserOptions options)
    : syntax_(std::move(syntax)),
      options_(std::move(options)),
      is_marked_(!is_blank(syntax_.open)),
      reader_(syntax_) {}

std::vector<ToolEvent> ToolCallParser::feed(std::string_view text) {
  go_on_with(text);
  run();
  return std::exchange(events_, {});
}

std::vector<ToolEvent> ToolCallParser::finish() {
  for (bool settled = false; !settled;) {
    settled = true;
    if (state_ == State::kContent) {
      if (n_calls_ == 0 || !is_blank(held_)) add_content(held_);
      held_.clear();
    } else if (state_ == State::kAfter) {
      // What is left of a closing marker that broke off is no one's.
      std::size_t n_closed = 0;
      for (const std::string& close : syntax_.closes)
        n_closed = std::max(n_closed, match_marker(close, held_).n_bytes);
      const std::string rest = std::exchange(held_, {}).substr(n_closed);
      state_ = State::kContent;
      if (n_closed > 0) {
        go_on_with(rest);
        run();
        settled = false;
      }
    } else if (state_ != State::kDone && !announced_) {
      give_up();
      run();
      settled = false;
    }
  }
  return std::exchange(events_, {});
}

void ToolCallParser::run() {
  while (todo_at_ < todo_.size()) step(todo_[todo_at_++]);
}

// To be read before what is still to be read.
void ToolCallParser::go_on_with(std::string_view text) {
  todo_.replace(0, todo_at_, text);
  todo_at_ = 0;
}

void ToolCallParser::step(char c) {
  switch (state_) {
    case State::kContent: held_ += c; return settle_content();
    case State::kObject: return step_object(c);
    case State::kName: return step_name(c);
    case State::kMiddle: return step_middle(c);
    case State::kArguments: return step_arguments(c);
    case State::kAfter: held_ += c; return settle_after();
    case State::kDone: return;
  }
}

// --- between calls

void ToolCallParser::settle_content() {
  while (!held_.empty()) {
    const std::size_t n_spaces = n_leading_spaces(held_);
    const std::string_view body = std::string_view(held_).substr(n_spaces);
    if (body.empty() && (!only_content_ || n_calls_ > 0)) return;
    if (!only_content_) {
      const MarkerMatch match = is_marked_ ? match_marker(syntax_.open, body) : MarkerMatch{};
      if (match.kind == Kind::kPartial) return;
      if (match.kind == Kind::kWhole) return begin_call(std::exchange(held_, {}));
      if (!is_marked_ && body.front() == '{') {
        begin_call(held_.substr(0, n_spaces));
        return go_on_with(std::exchange(held_, {}).substr(n_spaces));
      }
      only_content_ = !is_marked_;
    }
    const std::size_t n_free = std::min(n_spaces + 1, held_.size());
    add_content(std::string_view(held_).substr(0, n_free));
    held_.erase(0, n_free);
  }
}

void ToolCallParser::settle_after() {
  bool may_grow = false;
  MarkerMatch longest;
  bool begins_call = false;
  const auto consider = [&](const std::string& marker, bool is_open) {
    if (is_blank(marker)) return;
    const MarkerMatch match = match_marker(marker, held_);
    may_grow = may_grow || match.kind == Kind::kPartial;
    if (match.kind != Kind::kWhole || match.n_bytes < longest.n_bytes) return;
    longest = match;
    begins_call = is_open;
  };
  for (const std::string& close : syntax_.closes) consider(close, false);
  consider(syntax_.between, true);
  consider(syntax_.open, true);
  if (may_grow) return;
  const std::string text = std::exchange(held_, {});
  state_ = State::kContent;
  only_content_ = !is_marked_;
  if (begins_call) begin_call(text.substr(0, longest.n_bytes));
  go_on_with(std::string_view(text).substr(longest.n_bytes));
}

// --- a call

void ToolCallParser::begin_call(std::string text) {
  state_ = syntax_.form == ToolCallSyntax::Form::kObject ? State::kObject : State::kName;
  call_text_ = std::move(text);
  announced_ = false;
  name_.clear();
  index_.clear();
  early_arguments_.clear();
  reader_ = CallObjectReader(syntax_);
  scanner_ = {};
}

// What was taken for a call is content; a call may still begin further inside.
void ToolCallParser::give_up() {
  const std::string text = std::exchange(call_text_, {});
  state_ = State::kContent;
  held_.clear();
  only_content_ = !is_marked_;
  const std::size_t n_free = std::min(n_leading_spaces(text) + 1, text.size());
  add_content(std::string_view(text).substr(0, n_free));
  go_on_with(std::string_view(text).substr(n_free));
}

void ToolCallParser::step_object(char c) {
  if (!announced_) call_text_ += c;
  const CallObjectReader::Step step = reader_.push(c);
  if (step == CallObjectReader::Step::kBad) return break_off(c);
  if (!announced_ && call_text_.size() > kMaxUnannounced) return give_up();
  if (reader_.name()) name_ = *reader_.name();
  if (step == CallObjectReader::Step::kArguments) {
    if (!announced_ && !name_.empty() && !announce()) return;
    add_argument(c, reader_.in_string());
  } else if (step == CallObjectReader::Step::kEnd) {
    if (!announced_) {
      if (name_.empty()) return give_up();
      if (!announce()) return;
      if (!reader_.has_arguments() || (early_arguments_.empty() && reader_.decoded_arguments().empty())) {
        add_arguments("{}");
      } else {
        add_arguments(early_arguments_.empty() ? reader_.decoded_arguments() : early_arguments_);
      }
    }
    end_call();
  }
}

void ToolCallParser::step_name(char c) {
  call_text_ += c;
  if (is_name_byte(c)) {
    name_ += c;
    if (call_text_.size() > kMaxUnannounced) give_up();
  } else if (!name_.empty()) {
    state_ = State::kMiddle;
    call_text_.pop_back();
    step_middle(c);
  } else if (!is_marker_space(c)) {
    give_up();
  }
}

void ToolCallParser::step_middle(char c) {
  call_text_ += c;
  held_ += c;
  const MarkerMatch match = match_marker(syntax_.middle, held_);
  if (match.kind == Kind::kPartial && call_text_.size() <= kMaxUnannounced) return;
  const std::string text = std::exchange(held_, {});
  if (match.kind != Kind::kWhole) return give_up();
  index_ = match.index;
  state_ = State::kArguments;
  const std::string_view rest = std::string_view(text).substr(match.n_bytes);
  call_text_.resize(call_text_.size() - rest.size());
  go_on_with(rest);
}

void ToolCallParser::step_arguments(char c) {
  if (!announced_) {
    call_text_ += c;
    if (is_marker_space(c) && call_text_.size() <= kMaxUnannounced) return;
    if (c != '{') return give_up();
    if (!announce()) return;
  }
  const JsonScanner::Step step = scanner_.push(c);
  if (step == JsonScanner::Step::kBad) return break_off(c);
  add_argument(c, scanner_.in_string());
  if (step == JsonScanner::Step::kDone) end_call();
}

// `c` cannot stand here.
void ToolCallParser::break_off(char c) {
  if (!announced_) return give_up();
  // With its arguments complete the call is whole, whatever became of its object.
  if (syntax_.form == ToolCallSyntax::Form::kObject && reader_.has_arguments()) {
    end_call();
  } else {
    state_ = options_.single ? State::kDone : State::kContent;
    only_content_ = !is_marked_;
  }
  go_on_with(std::string_view(&c, 1));
}

// False when it is no call after all.
bool ToolCallParser::announce() {
  if (!is_marked_ && !std::ranges::contains(options_.tools, name_)) {
    give_up();
    return false;
  }
  announced_ = true;
  call_text_.clear();
  std::string id;
  if (syntax_.ids == ToolCallSyntax::Ids::kIndexed) {
    id = syntax_.id_lead + name_ + syntax_.middle.substr(0, syntax_.middle.find(kIndexHole)) + index_;
  } else {
    id = options_.make_id();
  }
  events_.emplace_back(CallStart{.index = n_calls_++, .id = std::move(id), .name = name_});
  return true;
}

void ToolCallParser::end_call() {
  state_ = options_.single ? State::kDone : State::kAfter;
  held_.clear();
}

// --- what comes out

void ToolCallParser::add_content(std::string_view text) {
  if (text.empty()) return;
  if (auto* last = events_.empty() ? nullptr : std::get_if<ContentDelta>(&events_.back())) {
    last->text += text;
  } else {
    events_.emplace_back(ContentDelta{std::string(text)});
  }
}

// A control character inside a string is written as JSON wants it.
void ToolCallParser::add_argument(char c, bool in_string) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  std::string text(1, c);
  if (in_string && byte < 0x20) {
    text = c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string("\\u00") + kHex[byte >> 4U] + kHex[byte & 15U];
  }
  if (announced_) {
    add_arguments(text);
  } else {
    early_arguments_ += text;
  }
}

void ToolCallParser::add_arguments(std::string_view text) {
  const std::uint32_t index = n_calls_ - 1;
  if (auto* last = events_.empty() ? nullptr : std::get_if<ArgumentsDelta>(&events_.back());
      last != nullptr && last->index == index) {
    last->text += text;
  } else {
    events_.emplace_back(ArgumentsDelta{.index = index, .text = std::string(text)});
  }
}

}  // namespace minerva::chat
