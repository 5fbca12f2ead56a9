#include "gateway/placement_memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <glaze/json.hpp>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace minerva::gateway {

namespace fs = std::filesystem;

// The file's shape. Not in the unnamed namespace: glaze reads the members' names of types with linkage.
struct PlacementDocument {
  std::uint32_t version = 0;
  std::vector<wire::DeviceMargin> margins;
  std::vector<Fall> falls;
};

namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::uintmax_t kMostFileBytes = 1 << 20;
constexpr std::size_t kMostMargins = 64;
constexpr std::size_t kMostFalls = 64;

}  // namespace

std::string fall_key(const wire::LoadOptions& options) {
  std::error_code error;
  const fs::path path = fs::absolute(options.model_path, error);
  const std::uintmax_t n_bytes = fs::file_size(path, error);
  const auto changed = fs::last_write_time(path, error);
  return fmt::format(
      "{} {} {} on {} ctx {} par {} batch {} ngl {} kv {} {} {} fa {} limits {} {} draft {} {} gpu {}",
      path.string(), n_bytes, changed.time_since_epoch().count(), fmt::join(options.devices, ","),
      options.n_ctx, options.n_parallel, options.n_batch, options.n_gpu_layers, options.cache_type_k,
      options.cache_type_v, options.kv_unified, std::to_underlying(options.flash_attention),
      options.memory_limit_bytes, options.gpu_memory_limit_bytes, options.draft_model_path,
      options.n_gpu_layers_draft, options.require_gpu);
}

PlacementMemory::PlacementMemory(fs::path file) : file_{std::move(file)} { read(); }

std::optional<Fall> PlacementMemory::fall(const wire::LoadOptions& options) const {
  const auto found = std::ranges::find(falls_, fall_key(options), &Fall::key);
  return found == falls_.end() ? std::nullopt : std::optional{*found};
}

void PlacementMemory::note_load(const wire::LoadOptions& options, const wire::ModelCard& card,
                                std::int64_t now_s) {
  const auto margins_before = margins_;
  const auto falls_before = falls_;
  for (const wire::DeviceMargin& seen : card.beyond_plan) {
    const std::uint64_t n_bytes = std::min(seen.n_bytes, kMostMargin);
    const auto known = std::ranges::find(margins_, seen.device, &wire::DeviceMargin::device);
    if (known != margins_.end()) {
      known->n_bytes = std::max(known->n_bytes, n_bytes);
    } else if (margins_.size() < kMostMargins) {
      margins_.push_back({.device = seen.device, .n_bytes = n_bytes});
    }
  }
  const std::string key = fall_key(options);
  const auto known = std::ranges::find(falls_, key, &Fall::key);
  if (known == falls_.end() || known->rung != card.rung) {
    std::erase_if(falls_, [&](const Fall& fall) { return fall.key == key; });
    if (card.rung > 0) falls_.push_back({.key = key, .rung = card.rung, .at_s = now_s});
    if (falls_.size() > kMostFalls) falls_.erase(falls_.begin());
  }
  if (margins_ != margins_before || falls_ != falls_before) write();
}

void PlacementMemory::forget_fall(const wire::LoadOptions& options) {
  const std::string key = fall_key(options);
  if (std::erase_if(falls_, [&](const Fall& fall) { return fall.key == key; }) > 0) write();
}

void PlacementMemory::read() {
  if (file_.empty()) return;
  std::error_code error;
  const std::uintmax_t n_bytes = fs::file_size(file_, error);
  if (error || n_bytes > kMostFileBytes || !fs::is_regular_file(file_, error)) return;
  std::ifstream stream{file_, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  PlacementDocument document;
  const bool is_broken =
      static_cast<bool>(glz::read<glz::opts{.error_on_unknown_keys = false}>(document, text));
  if (is_broken || document.version != kVersion) {
    log::info("gateway", "{} is not of this version and is replaced", file_.string());
    return;
  }
  margins_ = std::move(document.margins);
  falls_ = std::move(document.falls);
  margins_.resize(std::min(margins_.size(), kMostMargins));
  falls_.resize(std::min(falls_.size(), kMostFalls));
  for (wire::DeviceMargin& margin : margins_) margin.n_bytes = std::min(margin.n_bytes, kMostMargin);
  for (Fall& fall : falls_) fall.rung = std::min(fall.rung, wire::kCpuRung);
}

void PlacementMemory::write() const {
  if (file_.empty()) return;
  std::string text;
  const PlacementDocument document{.version = kVersion, .margins = margins_, .falls = falls_};
  std::error_code error;
  fs::create_directories(file_.parent_path(), error);
  const fs::path fresh = fmt::format("{}.{}", file_.string(), ::getpid());
  if (!glz::write<glz::opts{.prettify = true}>(document, text)) {
    std::ofstream stream{fresh, std::ios::binary | std::ios::trunc};
    stream << text << '\n';
    stream.close();
    if (stream) fs::rename(fresh, file_, error);
    if (stream && !error) return;
  }
  log::warn("gateway", "{} cannot be written: this server's falls and margins are forgotten when it ends",
            file_.string());
  fs::remove(fresh, error);
}

}  // namespace minerva::gateway
