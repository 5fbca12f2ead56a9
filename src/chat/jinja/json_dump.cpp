#include "chat/jinja/json_dump.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "chat/jinja/numbers.h"
#include "chat/jinja/operators.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

std::string json_number(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  return float_repr(number);
}

class Writer {
 public:
  Writer(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}

  void write(const Value& value) {
    if (!runtime_.step() || !runtime_.check_string_size(out_.size())) return;
    switch (value.kind()) {
      case Kind::kNone: out_ += "null"; return;
      case Kind::kBool: out_ += value.as<bool>() ? "true" : "false"; return;
      case Kind::kInt: out_ += std::to_string(value.as<std::int64_t>()); return;
      case Kind::kFloat: out_ += json_number(value.as<double>()); return;
      case Kind::kString: write_string(value.string()); return;
      case Kind::kDict: write_object(value.dict()); return;
      case Kind::kSequence:
        if (is_list(value) || is_tuple(value)) {
          write_array(value.sequence());
          return;
        }
        [[fallthrough]];
      default: runtime_.fail("Object of type " + std::string(type_name(value)) + " is not JSON serializable");
    }
  }

  Text take() { return {std::move(out_), origin_}; }

 private:
  void write_string(const String& string) {
    if (string.text.weakest_origin() == Origin::kMessage) origin_ = Origin::kMessage;
    runtime_.charge_bytes(string.text.size());
    out_ += '"';
    const std::string& bytes = string.bytes();
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t begin = at;
      const char32_t c = unicode::next(bytes, at);
      switch (c) {
        case '"': out_ += "\\\""; break;
        case '\\': out_ += "\\\\"; break;
        case '\n': out_ += "\\n"; break;
        case '\r': out_ += "\\r"; break;
        case '\t': out_ += "\\t"; break;
        case '\f': out_ += "\\f"; break;
        case '\b': out_ += "\\b"; break;
        default:
          if (c < 0x20 || (style_.ensure_ascii && c > 0x7e)) {
            write_escape(c);
          } else {
            out_.append(bytes, begin, at - begin);
          }
      }
    }
    out_ += '"';
  }

  void write_escape(char32_t c) {
    if (c >= 0x10000) {
      write_escape(0xd800 + ((c - 0x10000) >> 10));
      write_escape(0xdc00 + ((c - 0x10000) & 0x3ff));
      return;
    }
    std::array<char, 8> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(c));
    out_ += buffer.data();
  }

  void new_line() {
    if (!style_.indent) return;
    out_ += '\n';
    for (std::size_t i = 0; i < level_; ++i) out_ += *style_.indent;
  }

  template <typename WriteItem>
  void write_enclosed(char open, char close, std::size_t n, const WriteItem& write_item) {
    out_ += open;
    ++level_;
    for (std::size_t i = 0; i < n && runtime_.check_string_size(out_.size()); ++i) {
      if (i > 0) out_ += style_.item_separator;
      new_line();
      write_item(i);
    }
    --level_;
    if (n > 0) new_line();
    out_ += close;
  }

  void write_array(const Sequence& array) {
    write_enclosed('[', ']', array.items.size(), [&](std::size_t i) { write(array.items[i]); });
  }

  void write_object(const Dict& object) {
    std::vector<const Dict::Entry*> entries;
    for (const Dict::Entry& entry : object.entries()) entries.push_back(&entry);
    if (style_.sort_keys) {
      std::ranges::stable_sort(entries, [&](const Dict::Entry* a, const Dict::Entry* b) {
        return less(runtime_, a->key, b->key).value_or(false);
      });
    }
    write_enclosed('{', '}', entries.size(), [&](std::size_t i) {
      write_key(entries[i]->key);
      out_ += style_.key_separator;
      write(entries[i]->value);
    });
  }

  void write_key(const Value& key) {
    const bool is_written_quoted = key.is_number() || key.is_none();
    if (!is_written_quoted && !key.is_string()) {
      runtime_.fail("keys must be str, int, float, bool or None, not " + std::string(type_name(key)));
      return;
    }
    if (is_written_quoted) out_ += '"';
    write(key);
    if (is_written_quoted) out_ += '"';
  }

  Runtime& runtime_;
  const JsonStyle& style_;
  std::string out_;
  std::size_t level_ = 0;
  Origin origin_ = Origin::kTemplate;
};

}  // namespace

Value dump_json(Runtime& runtime, const Value& value, const JsonStyle& style) {
  Writer writer(runtime, style);
  writer.write(value);
  return runtime.failed() ? Value() : runtime.string(writer.take());
}

}  // namespace minerva::chat::jinja
