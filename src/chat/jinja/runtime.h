#pragma once
// One rendering's resources: what it owns, what it has used, and the error that ended it.
//
// Errors are sticky: the first `fail` is kept, every later call sees `failed()`. Functions that compute return Missing
// after a failure, and loops stop on `step()` returning false; so callers check at loops and before side effects only.
// Threads: one rendering, one thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"
#include "chat/jinja/dict.h"
#include "chat/jinja/limits.h"
#include "chat/jinja/value.h"

namespace minerva::chat::jinja {

class Runtime {
 public:
  explicit Runtime(const Limits& limits);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // --- failing
  Value fail(std::string message);               // "… (template line N)"
  Value fail_undefined(const Value& undefined);  // with the reason that the undefined value carries
  Value raise(std::string message);              // the template's own words, as they are
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Error take_error() { return std::move(error_); }
  void set_line(std::uint32_t line) { line_ = line; }

  // --- bounds; false (and failed) when one is crossed
  bool step(std::uint64_t n = 1) {
    n_steps_ += n;
    return n_steps_ <= limits_.max_steps ? !failed_ : over_steps();
  }
  bool charge_bytes(std::size_t n) { return step(1 + n / 64); }
  bool check_string_size(std::size_t bytes);  // before a string that may be huge is built
  bool check_steps_left(std::uint64_t n);     // before a loop of n steps that may be far too many
  bool charge_memory(std::size_t bytes);      // of a container; given back at the end of the rendering
  bool check_hashable(const Value& key);      // and pays for the hash
  bool stack_is_left();
  [[nodiscard]] const Limits& limits() const { return limits_; }

  // --- making values
  Value string(Text text, bool is_markup = false);
  Value string(std::string bytes, Origin origin = Origin::kTemplate) {
    return string(Text(std::move(bytes), origin));
  }
  Value undefined(std::string message);
  Sequence* sequence(SequenceKind kind, std::size_t n_expected = 0);
  Dict* dict();
  template <typename T, typename... A>
  T* make(A&&... arguments) {
    static_assert(std::is_base_of_v<Object, T>);
    auto owned = std::make_unique<T>(std::forward<A>(arguments)...);
    T* object = owned.get();
    objects_.push_back(std::move(owned));
    charge_memory(sizeof(T) + sizeof(void*));
    return object;
  }
  bool append(Sequence& to, Value item);
  bool set(Dict& to, Value key, Value value);  // fails on a key that cannot be hashed

  // How deep macros call each other now; managed by the caller of a macro.
  std::uint32_t macro_depth = 0;

 private:
  bool over_steps();
  bool check_memory();
  bool account(Object& holder, const Value& held);

  Limits limits_;
  std::uint64_t n_steps_ = 0;
  std::uint32_t line_ = 0;
  bool failed_ = false;
  Error error_;
  std::uintptr_t stack_base_;
  MemoryMeter meter_;  // strings; outlives objects_, which hold some
  std::size_t object_bytes_ = 0;
  std::vector<std::unique_ptr<Object>> objects_;  // last: goes first
};

}  // namespace minerva::chat::jinja
