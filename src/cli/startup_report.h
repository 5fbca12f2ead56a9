#pragma once
// What a person sees on standard error while a server starts: the model, a bar while it loads, where it runs, the address.
//
// Threads: one.

#include <chrono>
#include <string>

#include "gateway/gateway_status.h"

namespace minerva::cli {

class StartupReport {
 public:
  // `url` without the path; `is_demo` when nobody named a model.
  StartupReport(std::string url, bool is_demo, bool on_terminal);

  // The first lines, before the worker starts.
  void begin(const std::string& model_path);

  // After each change; says that the server is ready once.
  void update(const gateway::GatewayStatus& status);

 private:
  void show_progress(float fraction);
  void show_ready(const gateway::GatewayStatus& status);
  void clear_bar();

  std::string url_;
  bool is_demo_;
  bool on_terminal_;
  bool ready_ = false;
  bool bar_shown_ = false;
  int shown_quarter_ = 0;  // of the load, where there is no terminal to draw a bar on
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace minerva::cli
