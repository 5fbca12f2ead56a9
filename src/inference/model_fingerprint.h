#pragma once
// A number that tells one model file from another, for what is cached of it on disk: from the file's sizes, its first part
// (the whole of a small file), and samples spread over the rest, which every conversion or fine-tuning of a model changes.
//
// It is not proof against somebody who makes two files alike on purpose. Threads: any; reads at most some 40 MiB.

#include <cstdint>
#include <filesystem>

namespace minerva::inference {

// Of a file of several parts, of all of them. Zero when a part cannot be read.
[[nodiscard]] std::uint64_t model_fingerprint(const std::filesystem::path& path);

}  // namespace minerva::inference
