#include "chat/jinja/python_repr.h"

#include <array>
#include <cstdio>
#include <utility>

#include "chat/jinja/callable.h"
#include "chat/jinja/loop_state.h"
#include "chat/jinja/numbers.h"
#include "chat/jinja/unicode.h"

namespace minerva::chat::jinja {
namespace {

void append_escape(std::string& to, char32_t c) {
  std::array<char, 16> buffer{};
  const char* format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
  std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(c));
  to += buffer.data();
}

class Writer {
 public:
  explicit Writer(Runtime& runtime) : runtime_(runtime) {}

  void write(const Value& value) {
    if (!runtime_.step() || !runtime_.check_string_size(out_.size())) return;
    switch (value.kind()) {
      case Kind::kMissing:
      case Kind::kUndefined: out_ += "Undefined"; return;
      case Kind::kNone: out_ += "None"; return;
      case Kind::kBool: out_ += value.as<bool>() ? "True" : "False"; return;
      case Kind::kInt: out_ += std::to_string(value.as<std::int64_t>()); return;
      case Kind::kFloat: out_ += float_repr(value.as<double>()); return;
      case Kind::kString: write_string(value.string()); return;
      case Kind::kSequence: write_sequence(value.sequence()); return;
      case Kind::kRange: write_range(*value.as<Range*>()); return;
      case Kind::kDict: write_dict(value.dict()); return;
      case Kind::kNamespace: write_namespace(*value.as<NamespaceRef>().fields); return;
      case Kind::kLoop: write_loop(*value.as<LoopState*>()); return;
      case Kind::kCallable: write_callable(*value.as<Callable*>()); return;
      case Kind::kCycler:
      case Kind::kJoiner: out_ += "<" + std::string(type_name(value)) + " object>"; return;
    }
  }

  Text take() { return {std::move(out_), origin_}; }

 private:
  void write_string(const String& string) {
    if (string.text.weakest_origin() == Origin::kMessage) origin_ = Origin::kMessage;
    runtime_.charge_bytes(string.text.size());
    out_ += string.is_markup ? "Markup(" + quote(string.bytes()) + ")" : quote(string.bytes());
  }

  void write_items(const std::vector<Value>& items) {
    for (std::size_t i = 0; i < items.size() && !runtime_.failed(); ++i) {
      if (i > 0) out_ += ", ";
      write(items[i]);
    }
  }

  void write_sequence(const Sequence& sequence) {
    switch (sequence.sequence_kind) {
      case SequenceKind::kGenerator: out_ += "<generator object>"; return;
      case SequenceKind::kTuple:
        out_ += '(';
        write_items(sequence.items);
        out_ += sequence.items.size() == 1 ? ",)" : ")";
        return;
      case SequenceKind::kList:
        out_ += '[';
        write_items(sequence.items);
        out_ += ']';
        return;
      case SequenceKind::kKeysView: out_ += "dict_keys(["; break;
      case SequenceKind::kValuesView: out_ += "dict_values(["; break;
      case SequenceKind::kItemsView: out_ += "dict_items(["; break;
    }
    write_items(sequence.items);
    out_ += "])";
  }

  void write_dict(const Dict& dict) {
    out_ += '{';
    for (std::size_t i = 0; i < dict.size() && !runtime_.failed(); ++i) {
      if (i > 0) out_ += ", ";
      write(dict.entries()[i].key);
      out_ += ": ";
      write(dict.entries()[i].value);
    }
    out_ += '}';
  }

  void write_namespace(const Dict& fields) {
    if (!runtime_.stack_is_left()) return;
    out_ += "<Namespace ";
    write_dict(fields);
    out_ += '>';
  }

  void write_range(const Range& range) {
    out_ += "range(" + std::to_string(range.start) + ", " + std::to_string(range.stop);
    if (range.step != 1) out_ += ", " + std::to_string(range.step);
    out_ += ')';
  }

  void write_loop(LoopState& loop) {
    out_ += "<LoopContext " + std::to_string(loop.index0 + 1) + "/" + std::to_string(loop.length()) + ">";
  }

  void write_callable(const Callable& callable) {
    if (callable.macro == nullptr) {
      out_ += "<built-in function " + std::string(callable.name) + ">";
    } else {
      out_ += callable.name.empty() ? "<Macro anonymous>" : "<Macro " + quote(callable.name) + ">";
    }
  }

  Runtime& runtime_;
  std::string out_;
  Origin origin_ = Origin::kTemplate;
};

}  // namespace

std::string quote(std::string_view text) {
  const char mark = text.contains('\'') && !text.contains('"') ? '"' : '\'';
  std::string out(1, mark);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = unicode::next(text, at);
    if (c == static_cast<unsigned char>(mark) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (unicode::is_printable(c)) {
      out += text.substr(begin, at - begin);
    } else {
      append_escape(out, c);
    }
  }
  return out + mark;
}

Text repr(Runtime& runtime, const Value& value) {
  Writer writer(runtime);
  writer.write(value);
  return writer.take();
}

Text to_text(Runtime& runtime, const Value& value) {
  if (value.is_string()) return value.string().text;
  if (value.is_undefined()) return {};
  return repr(runtime, value);
}

Value to_string(Runtime& runtime, const Value& value) {
  return value.is_string() ? value : runtime.string(to_text(runtime, value));
}

}  // namespace minerva::chat::jinja
