#include "chat/jinja/str_format.h"

#include <utility>

#include "chat/jinja/access.h"
#include "chat/jinja/format_spec.h"
#include "chat/jinja/markup.h"
#include "chat/jinja/numbers.h"
#include "chat/jinja/python_repr.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

// One rendering of a % format: walks the text, takes arguments as conversions ask for them.
class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, const String& format, const Value& arguments)
      : runtime_(runtime), format_(format), bytes_(format.bytes()), arguments_(arguments) {}

  Value run() {
    std::size_t copied = 0;
    while (!runtime_.failed() && (at_ = bytes_.find('%', copied)) != std::string::npos) {
      out_.append(format_.text, copied, at_);
      const std::size_t begin = at_++;
      conversion(begin);
      copied = at_;
      if (!runtime_.check_string_size(out_.size())) return {};
    }
    out_.append(format_.text, std::min(copied, bytes_.size()), bytes_.size());
    // Python lets everything that looks like a mapping go unused.
    const bool takes_all = arguments_.is_dict() || is_list(arguments_) || arguments_.is(Kind::kRange) ||
                           arguments_.is_undefined();
    const std::size_t n_given = is_tuple(arguments_) ? arguments_.sequence().items.size() : 1;
    if (!takes_all && n_taken_ < n_given)
      runtime_.fail("not all arguments converted during string formatting");
    return runtime_.failed() ? Value() : runtime_.string(std::move(out_), format_.is_markup);
  }

 private:
  void conversion(std::size_t begin) {
    FormatSpec spec;
    const Value* keyed = key();
    if (runtime_.failed()) return;
    flags(spec);
    spec.width = number();
    if (spec.width < 0) {
      spec.align = '<';
      spec.width = -spec.width;
    }
    if (peek() == '.') {
      ++at_;
      spec.precision = std::max<std::int64_t>(number(), 0);
    }
    while (std::string_view("hlL").contains(peek()) && peek() != 0) ++at_;
    spec.type = peek();
    ++at_;
    if (runtime_.failed()) return;
    if (spec.type == '%') {
      out_.append("%", format_.text.origin_at(begin));
    } else if (spec.type == 0) {
      runtime_.fail("incomplete format");
    } else {
      convert(spec, keyed != nullptr ? *keyed : take());
    }
  }

  [[nodiscard]] char peek() const { return at_ < bytes_.size() ? bytes_[at_] : '\0'; }

  const Value* key() {
    if (peek() != '(') return nullptr;
    const std::size_t end = bytes_.find(')', at_);
    if (end == std::string::npos || !arguments_.is_dict()) {
      runtime_.fail(end == std::string::npos ? "incomplete format key" : "format requires a mapping");
      return nullptr;
    }
    const std::string_view name = std::string_view(bytes_).substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    const Value* value = arguments_.dict().find(name);
    if (value == nullptr) runtime_.fail("the format's key " + quote(name) + " is not in the mapping");
    n_taken_ = 1;
    return value;
  }

  void flags(FormatSpec& spec) {
    bool left = false;
    bool zero = false;
    for (;; ++at_) {
      const char flag = peek();
      if (flag == '-') {
        left = true;
      } else if (flag == '0') {
        zero = true;
      } else if (flag == '#') {
        spec.alternate = true;
      } else if (flag == '+' || (flag == ' ' && spec.sign != '+')) {
        spec.sign = flag;
      } else if (flag != ' ') {
        break;
      }
    }
    spec.align = left ? '<' : zero ? '=' : '>';
    if (zero && !left) spec.fill = "0";
  }

  std::int64_t number() {
    if (peek() == '*') {
      ++at_;
      const Value value = take();
      if (!value.is_integral()) runtime_.fail("* wants int");
      return value.is_integral() ? value.integer() : 0;
    }
    std::int64_t result = 0;
    for (; peek() >= '0' && peek() <= '9' && result < 1'000'000'000; ++at_)
      result = result * 10 + (peek() - '0');
    return result;
  }

  Value take() {
    if (is_tuple(arguments_)) {
      const auto& items = arguments_.sequence().items;
      if (n_taken_ < items.size()) return items[n_taken_++];
    } else if (n_taken_ == 0) {
      n_taken_ = 1;
      return arguments_;
    }
    return runtime_.fail("not enough arguments for format string");
  }

  void convert(FormatSpec spec, const Value& value) {
    if (runtime_.failed()) return;
    switch (spec.type) {
      case 's':
      case 'r':
      case 'a': convert_text(spec, value); return;
      case 'd':
      case 'i':
      case 'u': convert_integer(spec, value); return;
      case 'c': convert_character(spec, value); return;
      case 'o':
      case 'x':
      case 'X':
        if (value.is_integral()) {
          out_.append(format_value(runtime_, value, integer_spec(spec)));
          return;
        }
        runtime_.fail(std::string("%") + spec.type + " format: an integer is required, not " +
                      std::string(type_name(value)));
        return;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        if (!value.is_number()) {
          fail_type(value, "must be real number, not ");
          return;
        }
        out_.append(format_value(runtime_, Value(value.number()), spec));
        return;
      default: runtime_.fail("unsupported format character " + quote({&spec.type, 1}));
    }
  }

  void fail_type(const Value& value, std::string message) {
    if (value.is_undefined()) {
      runtime_.fail_undefined(value);
    } else {
      runtime_.fail(std::move(message) + std::string(type_name(value)));
    }
  }

  void convert_text(FormatSpec spec, const Value& value) {
    Text text = spec.type == 's' ? to_text(runtime_, value) : repr(runtime_, value);
    if (format_.is_markup && spec.type == 's') {
      const Value escaped = escape_markup(runtime_, value);
      if (runtime_.failed()) return;
      text = escaped.string().text;
    }
    if (spec.precision >= 0)
      text = text.slice(0, unicode::offset_of(text.bytes(), static_cast<std::size_t>(spec.precision)));
    spec.fill = " ";
    if (spec.align == '=') spec.align = '>';
    out_.append(pad(runtime_, text, spec, false));
  }

  // A precision is the least number of digits.
  FormatSpec integer_spec(FormatSpec spec) {
    if (spec.precision > 0 && spec.width == 0) {
      spec.width = spec.precision;
      spec.fill = "0";
      spec.align = '=';
    }
    spec.precision = -1;
    return spec;
  }

  void convert_integer(FormatSpec spec, const Value& value) {
    if (!value.is_number() || (value.is(Kind::kFloat) && !(std::abs(value.number()) < 9.2e18))) {
      fail_type(value, std::string("%") + spec.type + " format: a real number is required, not ");
      return;
    }
    spec.type = 'd';
    const std::int64_t number =
        value.is_integral() ? value.integer() : static_cast<std::int64_t>(value.number());
    out_.append(format_value(runtime_, Value(number), integer_spec(spec)));
  }

  void convert_character(FormatSpec spec, const Value& value) {
    spec.fill = " ";
    if (spec.align == '=') spec.align = '>';
    spec.precision = -1;
    if (value.is_string() && value.string().n_chars == 1) {
      out_.append(pad(runtime_, value.string().text, spec, false));
    } else if (value.is_integral()) {
      out_.append(format_value(runtime_, value, spec));
    } else {
      runtime_.fail("%c requires int or char");
    }
  }

  Runtime& runtime_;
  const String& format_;
  const std::string& bytes_;
  const Value& arguments_;
  std::size_t at_ = 0;
  std::size_t n_taken_ = 0;
  Text out_;
};

// One rendering of a {} format. Fields may nest in a specification, one level as in Python.
class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, const Arguments& arguments) : runtime_(runtime), arguments_(arguments) {}

  Text run(const Text& format, int levels) {
    Text out;
    const std::string& bytes = format.bytes();
    for (std::size_t at = 0; at < bytes.size() && !runtime_.failed();) {
      const char c = bytes[at];
      const bool is_doubled = at + 1 < bytes.size() && bytes[at + 1] == c;
      if ((c == '{' || c == '}') && is_doubled) {
        out.append(format, at, at + 1);
        at += 2;
      } else if (c == '{') {
        at = field(out, format, at + 1, levels);
      } else if (c == '}') {
        runtime_.fail("Single '}' encountered in format string");
      } else {
        std::size_t end = bytes.find_first_of("{}", at);
        if (end == std::string::npos) end = bytes.size();
        out.append(format, at, end);
        at = end;
      }
      if (!runtime_.check_string_size(out.size())) break;
    }
    return out;
  }

 private:
  // Formats the field that begins at `begin`; returns the offset behind its brace.
  std::size_t field(Text& out, const Text& format, std::size_t begin, int levels) {
    const std::string& bytes = format.bytes();
    std::size_t end = begin;
    for (int open = 1; end < bytes.size(); ++end) {
      open += bytes[end] == '{' ? 1 : bytes[end] == '}' ? -1 : 0;
      if (open == 0) break;
    }
    if (end >= bytes.size() || levels == 0) {
      runtime_.fail(levels == 0 ? "Max string recursion exceeded" : "expected '}' before end of string");
      return bytes.size();
    }
    const std::size_t name_end = std::min(bytes.find_first_of("!:", begin), end);
    Value value = lookup(std::string_view(bytes).substr(begin, name_end - begin));
    std::size_t at = name_end;
    if (at < end && bytes[at] == '!') {
      value = converted(value, at + 1 < end ? bytes[at + 1] : '\0');
      at += 2;
    }
    if (runtime_.failed()) return bytes.size();
    if (at < end && bytes[at] != ':') {
      runtime_.fail("expected ':' after conversion specifier");
      return bytes.size();
    }
    const Text spec = at < end ? run(format.slice(at + 1, end), levels - 1) : Text();
    if (!runtime_.failed()) out.append(formatted(value, spec));
    return end + 1;
  }

  Value converted(const Value& value, char conversion) {
    switch (conversion) {
      case 's': return runtime_.string(to_text(runtime_, value));
      case 'r':
      case 'a': return runtime_.string(repr(runtime_, value));
      default: return runtime_.fail("Unknown conversion specifier in format string");
    }
  }

  Text formatted(const Value& value, const Text& spec_text) {
    if (spec_text.empty()) return to_text(runtime_, value);
    const std::optional<FormatSpec> spec = parse_format_spec(spec_text.bytes());
    if (!spec) {
      runtime_.fail("Invalid format specifier " + quote(spec_text.bytes()));
      return {};
    }
    return format_value(runtime_, value, *spec);
  }

  // "name", "0", "" with any of ".attribute" and "[key]" behind.
  Value lookup(std::string_view path) {
    const std::size_t first_end = std::min(path.find_first_of(".["), path.size());
    const std::string_view first = path.substr(0, first_end);
    Value value = argument(first);
    path.remove_prefix(first_end);
    while (!path.empty() && !runtime_.failed()) {
      const bool is_key = path.front() == '[';
      const std::size_t end = is_key ? path.find(']') : std::min(path.find_first_of(".[", 1), path.size());
      if (end == std::string_view::npos || end == 1) return runtime_.fail("Empty attribute in format string");
      const std::string_view name = path.substr(1, end - 1);
      path.remove_prefix(end + (is_key ? 1 : 0));
      const std::optional<std::int64_t> index = is_key ? parse_int(name, 10) : std::nullopt;
      value = index    ? get_item(runtime_, value, Value(*index))
              : is_key ? get_item(runtime_, value, runtime_.string(std::string(name)))
                       : get_attribute(runtime_, value, name);
    }
    return value;
  }

  Value argument(std::string_view name) {
    std::optional<std::int64_t> index = name.empty() ? std::optional(n_automatic_++) : parse_int(name, 10);
    if (index) {
      if (std::cmp_less(*index, arguments_.positional.size()) && *index >= 0) {
        return arguments_.positional[static_cast<std::size_t>(*index)];
      }
      return runtime_.fail("Replacement index " + std::to_string(*index) +
                           " out of range for positional args tuple");
    }
    const Value* named = arguments_.find(name);
    return named != nullptr ? *named : runtime_.fail("format has no argument " + quote(name));
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  std::int64_t n_automatic_ = 0;
};

}  // namespace

Value percent_format(Runtime& runtime, const Value& format, const Value& arguments) {
  return PercentFormatter(runtime, format.string(), arguments).run();
}

Value brace_format(Runtime& runtime, const Value& format, const Arguments& arguments) {
  Text text = BraceFormatter(runtime, arguments).run(format.string().text, 2);
  return runtime.failed() ? Value() : runtime.string(std::move(text), format.string().is_markup);
}

}  // namespace minerva::chat::jinja
