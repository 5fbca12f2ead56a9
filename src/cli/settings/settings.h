#pragma once
// Everything a user can set, after all sources were read. What each means, its range and its default: settings_table.cpp.
//
// Threads: a value.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "http/limits.h"
#include "wire/types.h"

namespace minerva::cli {

struct Settings {
  std::string config;  // the file given by flag or environment; empty: the usual place, if there is one

  std::string model;  // empty: the demo model
  std::string alias;  // empty: the file's name without .gguf

  wire::LoadOptions load;  // model_path stays empty here
  std::string worker;      // empty: beside this program

  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::vector<std::string> api_keys;
  std::vector<std::string> priority_keys;
  std::string api_key_file;

  bool standby = false;
  std::uint32_t max_queue = 64;
  http::Limits limits;
  std::chrono::milliseconds drain_timeout{30'000};

  log::Level log_level = log::Level::kInfo;
};

}  // namespace minerva::cli
