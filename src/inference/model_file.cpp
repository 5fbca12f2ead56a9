#include "inference/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/bytes.h"
#include "base/utf8.h"
#include "inference/llama_handles.h"
#include "inference/llama_log.h"
#include "inference/model_check.h"

namespace minerva::inference {
namespace {

namespace fs = std::filesystem;

// Versions that the library reads (gguf.h: GGUF_VERSION; 1 had 32-bit counts and is gone).
constexpr std::uint32_t kOldestVersion = 2;
constexpr std::uint32_t kNewestVersion = GGUF_VERSION;

constexpr std::size_t kExcerpt = 300;  // bytes of what the library quotes from the file

std::unexpected<Error> invalid(const fs::path& path, std::string_view what) {
  return fail(ErrorCode::kModelInvalid, fmt::format("{}: {}", path.string(), what), "model");
}

// --- the file itself

Status check_head(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return fail(ErrorCode::kModelNotFound, fmt::format("there is no file {}: check the path", path.string()),
                "model");
  }
  if (fs::is_directory(status)) return invalid(path, "this is a directory: name the .gguf file inside it");
  std::ifstream file{path, std::ios::binary};
  if (!file) return invalid(path, fmt::format("cannot be read ({})", std::generic_category().message(errno)));
  std::array<char, 8> head{};
  file.read(head.data(), head.size());
  if (file.gcount() == 0) return invalid(path, "the file is empty: download it again");
  if (std::string_view{head.data(), 4} != GGUF_MAGIC) {
    return invalid(path,
                   "this is not a GGUF model (its first bytes are not \"GGUF\"): convert it with llama.cpp's "
                   "convert_hf_to_gguf.py or download a .gguf file");
  }
  if (file.gcount() < static_cast<std::streamsize>(head.size())) {
    return invalid(path, "the file is cut short inside its header: download it again");
  }
  std::uint32_t version = 0;
  std::memcpy(&version, head.data() + 4, sizeof version);
  if (std::byteswap(version) >= 1 && std::byteswap(version) <= kNewestVersion) {
    return invalid(
        path, "the file was made for machines of the other byte order: download or convert it for this one");
  }
  if (version < kOldestVersion || version > kNewestVersion) {
    return invalid(path, fmt::format("GGUF version {} is not supported (this build reads {} to {}): {}",
                                     version, kOldestVersion, kNewestVersion,
                                     version < kOldestVersion ? "convert the model again"
                                                              : "a newer Minerva is needed"));
  }
  return {};
}

// --- parts

struct PartName {
  std::string prefix;
  unsigned number = 0;
  unsigned count = 0;
};

// "PREFIX-00002-of-00005.gguf", as llama.cpp's gguf-split writes it.
std::optional<PartName> parse_part_name(std::string_view path) {
  constexpr std::string_view kShape = "-00000-of-00000.gguf";
  if (path.size() <= kShape.size()) return std::nullopt;
  const std::string_view tail = path.substr(path.size() - kShape.size());
  const auto digits = [](std::string_view text, unsigned& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
  };
  PartName name{.prefix = std::string{path.substr(0, path.size() - tail.size())}};
  const bool fits = tail[0] == '-' && tail.substr(6, 4) == "-of-" && tail.ends_with(".gguf") &&
                    digits(tail.substr(1, 5), name.number) && digits(tail.substr(10, 5), name.count);
  return fits ? std::optional{std::move(name)} : std::nullopt;
}

// --- metadata

// A count, whatever integer type the writer chose; of an array (one value a layer) the largest. Zero when missing.
std::uint64_t count_of(const gguf_context* gguf, const std::string& key) {
  const std::int64_t id = gguf_find_key(gguf, key.c_str());
  if (id < 0) return 0;
  switch (gguf_get_kv_type(gguf, id)) {
    case GGUF_TYPE_UINT32: return gguf_get_val_u32(gguf, id);
    case GGUF_TYPE_INT32: return static_cast<std::uint64_t>(std::max(0, gguf_get_val_i32(gguf, id)));
    case GGUF_TYPE_UINT64: return gguf_get_val_u64(gguf, id);
    case GGUF_TYPE_UINT16: return gguf_get_val_u16(gguf, id);
    case GGUF_TYPE_ARRAY: break;
    default: return 0;
  }
  const gguf_type type = gguf_get_arr_type(gguf, id);
  if (type != GGUF_TYPE_UINT32 && type != GGUF_TYPE_INT32) return gguf_get_arr_n(gguf, id);
  std::int32_t most = 0;
  const auto* values = static_cast<const std::int32_t*>(gguf_get_arr_data(gguf, id));
  for (std::size_t i = 0; i < gguf_get_arr_n(gguf, id); ++i) most = std::max(most, values[i]);
  return static_cast<std::uint64_t>(most);
}

std::string text_of(const gguf_context* gguf, const char* key) {
  const std::int64_t id = gguf_find_key(gguf, key);
  if (id < 0 || gguf_get_kv_type(gguf, id) != GGUF_TYPE_STRING) return {};
  return gguf_get_val_str(gguf, id);
}

void read_shape(const gguf_context* gguf, ModelFile& model) {
  const auto count = [&](std::string_view name) {
    return count_of(gguf, fmt::format("{}.{}", model.architecture, name));
  };
  // Bounded, so that a hostile count cannot make this program allocate without end.
  model.n_layers = static_cast<std::uint32_t>(std::min<std::uint64_t>(count("block_count"), 65536));
  model.n_ctx_train =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(count("context_length"), UINT32_MAX));
  model.n_embd = static_cast<std::uint32_t>(std::min<std::uint64_t>(count("embedding_length"), UINT32_MAX));
  model.n_ff = static_cast<std::uint32_t>(std::min<std::uint64_t>(count("feed_forward_length"), UINT32_MAX));
  model.n_vocab = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count_of(gguf, "tokenizer.ggml.tokens"), UINT32_MAX));
  model.layer_bytes.resize(model.n_layers);

  const std::uint64_t n_head = count("attention.head_count");
  const std::uint64_t n_head_kv = count("attention.head_count_kv");
  model.n_head = static_cast<std::uint32_t>(std::min<std::uint64_t>(n_head, UINT32_MAX));
  const std::uint64_t head_size = n_head > 0 ? model.n_embd / n_head : 0;
  const std::uint64_t key_size = count("attention.key_length");
  const std::uint64_t value_size = count("attention.value_length");
  const std::uint64_t per_head =
      (key_size > 0 ? key_size : head_size) + (value_size > 0 ? value_size : head_size);
  model.kv_bytes_per_layer = (n_head_kv > 0 ? n_head_kv : n_head) * per_head * 2;
}

// --- tensors

// "blk.17.attn_q.weight" → 17
std::optional<std::size_t> layer_of(std::string_view tensor) {
  if (!tensor.starts_with("blk.")) return std::nullopt;
  std::size_t layer = 0;
  const auto [end, error] = std::from_chars(tensor.data() + 4, tensor.data() + tensor.size(), layer);
  if (error != std::errc{} || end == tensor.data() + tensor.size() || *end != '.') return std::nullopt;
  return layer;
}

Status add_tensors(const gguf_context* gguf, const fs::path& path, std::uint64_t file_bytes,
                   ModelFile& model) {
  const std::uint64_t data_begin = gguf_get_data_offset(gguf);
  std::uint64_t data_end = data_begin;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(gguf); ++i) {
    const std::string_view name = gguf_get_tensor_name(gguf, i);
    const std::uint64_t n_bytes = gguf_get_tensor_size(gguf, i);
    const std::uint64_t end = data_begin + gguf_get_tensor_offset(gguf, i) + n_bytes;
    if (end < n_bytes)
      return invalid(path, fmt::format("tensor '{}' has an impossible size: the file is damaged",
                                       utf8::excerpt(name, kExcerpt)));
    data_end = std::max(data_end, end);
    if (name == "output.weight") model.has_output = true;
    model.quantizations.emplace(ggml_type_name(gguf_get_tensor_type(gguf, i)));
    if (const auto layer = layer_of(name); layer && *layer < model.layer_bytes.size()) {
      model.layer_bytes[*layer] += n_bytes;
    } else if (name.starts_with("token_embd") || name.starts_with("per_layer_token_embd")) {
      model.input_bytes += n_bytes;
    } else {
      model.output_bytes += n_bytes;
    }
  }
  if (data_end > file_bytes) {
    return invalid(path,
                   fmt::format("the file is cut short: it has {} and its tensors need {}: download it again",
                               to_string(Bytes{file_bytes}), to_string(Bytes{data_end})));
  }
  return {};
}

Result<GgufHandle> parse(const fs::path& path) {
  const LlamaLogCapture said;
  GgufHandle gguf{gguf_init_from_file(path.c_str(), {.no_alloc = true, .ctx = nullptr})};
  if (!gguf) {
    const auto errors = said.errors();
    return invalid(
        path, fmt::format("the file is damaged or cut short inside its header ({}): download it again",
                          errors.empty() ? "no more is known" : utf8::excerpt(errors.front(), kExcerpt)));
  }
  return gguf;
}

Status check_architecture(const fs::path& path, const ModelFile& model) {
  if (model.architecture.empty())
    return invalid(path, "the file does not name its architecture (general.architecture)");
  if (model.architecture == "clip") {
    return invalid(
        path, "this is a projector for images or sound, not a language model: name the model it belongs to");
  }
  return {};
}

}  // namespace

Result<std::vector<fs::path>> model_file_parts(const fs::path& path) {
  const auto name = parse_part_name(path.string());
  if (!name || name->count < 2) return std::vector{path};
  std::vector<fs::path> parts;
  std::string missing;
  for (unsigned i = 1; i <= name->count; ++i) {
    parts.emplace_back(fmt::format("{}-{:05}-of-{:05}.gguf", name->prefix, i, name->count));
    std::error_code error;
    if (!fs::exists(parts.back(), error)) missing += fmt::format(" {}", parts.back().filename().string());
  }
  if (!missing.empty()) {
    return invalid(path, fmt::format("parts of this model are missing:{}: put all {} parts into one folder",
                                     missing, name->count));
  }
  if (name->number != 1) {
    return invalid(path, fmt::format("this is part {} of {}: name the first part, {}", name->number,
                                     name->count, parts.front().filename().string()));
  }
  return parts;
}

Result<ModelFile> inspect_model_file(const fs::path& path) {
  if (const Status head = check_head(path); !head) return std::unexpected(head.error());
  const auto parts = model_file_parts(path);
  if (!parts) return std::unexpected(parts.error());
  ModelFile model;
  for (const fs::path& part : *parts) {
    if (const Status head = check_head(part); !head) return std::unexpected(head.error());
    const auto gguf = parse(part);
    if (!gguf) return std::unexpected(gguf.error());
    if (part == parts->front()) {
      model.architecture = text_of(gguf->get(), "general.architecture");
      if (const Status known = check_architecture(path, model); !known) return std::unexpected(known.error());
      if (const Status sound = check_metadata(gguf->get(), part, model.architecture); !sound)
        return std::unexpected(sound.error());
      read_shape(gguf->get(), model);
    }
    std::error_code error;
    const std::uint64_t file_bytes = fs::file_size(part, error);
    model.file_bytes += file_bytes;
    if (const Status added = add_tensors(gguf->get(), part, file_bytes, model); !added) {
      return std::unexpected(added.error());
    }
  }
  return model;
}

}  // namespace minerva::inference
