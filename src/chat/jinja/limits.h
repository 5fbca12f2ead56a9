#pragma once
// What one rendering may take. Templates come from model files and conversations from clients, so both are strangers.

#include <cstddef>
#include <cstdint>

namespace minerva::chat::jinja {

struct Limits {
  std::uint64_t max_steps = 5'000'000;  // evaluated nodes, visited elements, and one for each 64 bytes made
  std::size_t max_output_bytes = 64ULL << 20;   // of the rendered text, and of any single string on the way
  std::size_t max_memory_bytes = 256ULL << 20;  // strings alive, plus every container made
  std::uint32_t max_depth = 200;                // of macro calls, of nested syntax, of nested values
  std::size_t max_source_bytes = 4ULL << 20;    // of the template itself
  std::size_t max_native_stack_bytes = 1ULL << 20;  // what evaluation may use of the calling thread's stack
};

}  // namespace minerva::chat::jinja
