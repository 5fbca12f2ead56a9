#include "chat/tools/call_object_reader.h"

#include <nlohmann/json.hpp>

#include "chat/tools/marker.h"

namespace minerva::chat {
namespace {

using Json = nlohmann::json;

}  // namespace

CallObjectReader::Step CallObjectReader::push(char c) {
  const auto go = [this](State state) {
    state_ = state;
    return Step::kMore;
  };
  if (is_marker_space(c) && state_ != State::kKeyText && state_ != State::kValueText) return Step::kMore;
  switch (state_) {
    case State::kObject: return c == '{' ? go(State::kKeyOrEnd) : Step::kBad;
    case State::kKeyOrEnd:
      if (c == '}') return next(c);
      [[fallthrough]];
    case State::kKey:
      if (c != '"') return Step::kBad;
      scanner_ = {};
      key_ = c;
      (void)scanner_.push(c);
      return go(State::kKeyText);
    case State::kKeyText:
      key_ += c;
      switch (scanner_.push(c)) {
        case JsonScanner::Step::kMore: return Step::kMore;
        case JsonScanner::Step::kDone: break;
        default: return Step::kBad;
      }
      if (const Json key = Json::parse(key_, nullptr, false); key.is_string()) {
        key_ = key.get<std::string>();
        return go(State::kColon);
      }
      return Step::kBad;
    case State::kColon: return c == ':' ? go(State::kValue) : Step::kBad;
    case State::kValue: return begin_value(c);
    case State::kValueText: return value(c);
    case State::kNext: return next(c);
  }
  return Step::kBad;
}

CallObjectReader::Step CallObjectReader::begin_value(char c) {
  const bool in_holder = depth_ == (syntax_->wrapper_key.empty() ? 1 : 2);
  if (c == '{' && depth_ == 1 && !syntax_->wrapper_key.empty() && key_ == syntax_->wrapper_key) {
    depth_ = 2;
    state_ = State::kKeyOrEnd;
    return Step::kMore;
  }
  const bool is_name = in_holder && key_ == syntax_->name_key && !name_;
  const bool may_be_arguments = in_holder && key_ == syntax_->arguments_key && !has_arguments_;
  is_arguments_ = may_be_arguments && c == '{';
  is_kept_ = is_name || (may_be_arguments && !is_arguments_);
  value_.clear();
  scanner_ = {};
  state_ = State::kValueText;
  return value(c);
}

CallObjectReader::Step CallObjectReader::value(char c) {
  const JsonScanner::Step step = scanner_.push(c);
  if (step == JsonScanner::Step::kBad) return Step::kBad;
  if (is_kept_ && step != JsonScanner::Step::kEndedBefore) value_ += c;
  if (step == JsonScanner::Step::kMore) return is_arguments_ ? Step::kArguments : Step::kMore;
  state_ = State::kNext;
  if (!end_value()) return Step::kBad;
  if (step == JsonScanner::Step::kEndedBefore) return is_marker_space(c) ? Step::kMore : next(c);
  return is_arguments_ ? Step::kArguments : Step::kMore;
}

// False when the name is no name, or the arguments are no arguments.
bool CallObjectReader::end_value() {
  if (is_arguments_) has_arguments_ = true;
  if (!is_kept_) return true;
  Json json = Json::parse(value_, nullptr, false);
  if (key_ == syntax_->name_key) {
    if (!json.is_string() || json.get_ref<const std::string&>().empty()) return false;
    name_ = json.get<std::string>();
    return true;
  }
  has_arguments_ = true;
  if (json.is_null()) return true;
  if (!json.is_string()) return false;
  decoded_arguments_ = json.get<std::string>();
  return Json::parse(decoded_arguments_, nullptr, false).is_object();
}

CallObjectReader::Step CallObjectReader::next(char c) {
  if (c == ',') {
    state_ = State::kKey;
    return Step::kMore;
  }
  if (c != '}') return Step::kBad;
  state_ = State::kNext;
  return --depth_ == 0 ? Step::kEnd : Step::kMore;
}

}  // namespace minerva::chat
