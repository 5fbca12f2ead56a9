// Any bytes as the head of a model file: it is loaded and reads a prompt, or it is refused with a sentence. Weights are zeroes.
//
// The seeds are made, not stored: tools/forge-model/corpus.py breaks a forged model in hundreds of ways. The library is not built with
// sanitizers; AddressSanitizer sees its heap, and an abort of its own is a finding too: our checks should have come first.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "base/log.h"
#include "inference/llama_cpp_backend.h"
#include "inference/llama_log.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using minerva::inference::LlamaCppBackend;

constexpr std::size_t kWeights = 1 << 20;  // more than the seeds' model has

// One file, in memory, with a name that the library can open.
class ModelFile {
 public:
  ModelFile() : fd_(::memfd_create("model.gguf", 0)) {
    if (fd_ < 0) std::abort();
  }
  void write(const std::uint8_t* data, std::size_t size) const {
    const bool done = ::ftruncate(fd_, 0) == 0 &&
                      ::pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size) &&
                      ::ftruncate(fd_, static_cast<off_t>(size + kWeights)) == 0;
    if (!done) std::abort();
  }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  minerva::log::configure(minerva::log::Level::kOff, "fuzz");
  minerva::inference::install_llama_log();
  return 0;
}

// Anywhere in a head of many kilobytes a change is mostly one to a word of the vocabulary, so half of the changes are made in a window of the
// first or the last kilobytes, where counts, keys, shapes and offsets are.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  constexpr std::size_t kWindow = 48;
  constexpr std::size_t kEnds = 2048;
  std::minstd_rand random{seed};
  if (size <= kWindow || random() % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::size_t ends = std::min(kEnds, size - kWindow);
  const std::size_t place = random() % (2 * ends);
  const std::size_t begin = place < ends ? place : size - kWindow - (place - ends);
  (void)LLVMFuzzerMutate(data + begin, kWindow, kWindow);
  return size;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ModelFile file;
  file.write(data, size);
  minerva::wire::LoadOptions options;
  options.model_path = file.path();
  options.devices = {"none"};
  options.n_ctx = 64;
  options.n_parallel = 1;
  options.n_threads = 1;
  const auto loaded = LlamaCppBackend::load(options, [](float) { return true; });
  if (!loaded) {
    require(!loaded.error().message.empty());
    return 0;
  }
  const auto tokens = (*loaded)->tokenize({.text = "hello", .spans = {}});
  if (!tokens) return 0;
  for (const auto token : *tokens) require((*loaded)->piece(token).text.size() < 1 << 20);
  return 0;
}
