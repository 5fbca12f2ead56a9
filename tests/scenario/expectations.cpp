#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "commands.h"

namespace minerva::scenario {
namespace {

// One thing that is to hold, and how it stands now, for the complaint.
struct Check {
  std::string name;
  std::function<bool()> holds;
};
using Checks = std::vector<Check>;

std::unexpected<std::string> complain(std::string text) { return std::unexpected(std::move(text)); }

bool same_number(const std::string& wanted, std::uint64_t is) { return wanted == std::to_string(is); }

bool says(const std::string& part, const Error& error) {
  return error.message.find(part) != std::string::npos;
}

// How one option of a line is checked. A table a subject: what is not in it is a mistake of the scenario.
template <typename Subject>
struct OptionCheck {
  std::string_view key;
  bool (*holds)(const Subject& subject, const std::string& wanted);
};

template <typename Subject, std::size_t N>
Outcome add_options(Checks& checks, const Line& line, std::function<Subject()> subject,
                    const std::array<OptionCheck<Subject>, N>& table) {
  for (const auto& [key, wanted] : line.options) {
    const auto* known = std::ranges::find(table, std::string_view{key}, &OptionCheck<Subject>::key);
    if (known == table.end()) return complain(fmt::format("'{}' cannot be expected here", key));
    checks.push_back({.name = key, .holds = [=, holds = known->holds] { return holds(subject(), wanted); }});
  }
  return {};
}

// `settled` says that nothing will change any more, so that there is no use in waiting.
Outcome await_all(Stage& stage, const Checks& checks, const std::function<bool()>& settled,
                  const std::function<std::string()>& describe) {
  const auto all_hold = [&] {
    return std::ranges::all_of(checks, [](const Check& check) { return check.holds(); });
  };
  if (stage.wait_until([&] { return all_hold() || settled(); }) && all_hold()) return {};
  std::string wrong;
  for (const Check& check : checks) {
    if (!check.holds()) wrong += (wrong.empty() ? "" : ", ") + check.name;
  }
  return complain(fmt::format("this is not so ({}), but: {}", wrong, describe()));
}

// A client and the choice of its request that is spoken of.
struct ClientView {
  const Client* client = nullptr;
  std::size_t choice = 0;

  [[nodiscard]] const Client::Told& told() const { return client->told().at(choice); }
  [[nodiscard]] const gateway::Finished& finished() const { return told().finished; }
};

constexpr std::array<OptionCheck<ClientView>, 9> kClientOptions{{
    {"text", [](const ClientView& c, const std::string& v) { return c.told().text == v; }},
    {"tokens", [](const ClientView& c, const std::string& v) { return same_number(v, c.told().n_tokens); }},
    {"deltas", [](const ClientView& c, const std::string& v) { return same_number(v, c.told().n_deltas); }},
    {"generated", [](const ClientView& c,
                     const std::string& v) { return same_number(v, c.finished().stats.n_generated); }},
    {"cached",
     [](const ClientView& c, const std::string& v) { return same_number(v, c.finished().stats.n_cached); }},
    {"stop_text", [](const ClientView& c, const std::string& v) { return c.finished().stop_text == v; }},
    {"says", [](const ClientView& c, const std::string& v) { return says(v, c.client->error()); }},
    {"accepted",
     [](const ClientView& c, const std::string& v) { return c.client->was_accepted() == (v == "yes"); }},
    {"retry", [](const ClientView& c,
                 const std::string& v) { return same_number(v, c.client->error().retry_after_s); }},
}};

// The word behind the phase: a finish reason, or an error's code.
Outcome add_detail(Checks& checks, const ClientView& view, const std::string& detail) {
  if (detail.empty()) return {};
  if (detail == "stop" || detail == "length") {
    const auto reason = detail == "stop" ? wire::FinishReason::kStop : wire::FinishReason::kLength;
    checks.push_back({.name = detail, .holds = [view, reason] { return view.finished().reason == reason; }});
    return {};
  }
  const auto code = error_code_from_name(detail);
  if (!code) return complain(fmt::format("'{}' is neither a finish reason nor an error code", detail));
  checks.push_back({.name = detail, .holds = [view, code] { return view.client->error().code == *code; }});
  return {};
}

// "expect a", "expect a finished stop text=…", "expect a failed worker_crashed says=…", "expect a choice=1 text=…"
Outcome expect_client(Stage& stage, Line line, const Client& client) {
  const ClientView view{.client = &client, .choice = line.number_option("choice", 0)};
  if (view.choice >= client.told().size()) return complain("the request has no such choice");
  line.options.erase("choice");
  Checks checks;
  if (const std::string name = line.word(2); !name.empty()) {
    const auto phase = parse_phase(name);
    if (!phase) return complain(fmt::format("'{}' is nothing a client can be", name));
    checks.push_back({.name = name, .holds = [&client, phase] { return client.phase() == *phase; }});
  }
  if (auto added = add_detail(checks, view, line.word(3)); !added) return added;
  if (auto added = add_options<ClientView>(checks, line, [view] { return view; }, kClientOptions); !added)
    return added;
  return await_all(
      stage, checks, [&client] { return client.ended(); }, [&client] { return client.describe(); });
}

constexpr std::array<OptionCheck<gateway::GatewayStatus>, 14> kStatusOptions{{
    {"pid",
     [](const gateway::GatewayStatus& s, const std::string& v) { return same_number(v, s.worker_pid); }},
    {"standby", [](const gateway::GatewayStatus& s,
                   const std::string& v) { return (s.standby ? to_string(s.standby->state) : "none") == v; }},
    {"event",
     [](const gateway::GatewayStatus& s, const std::string& v) {
       return std::ranges::any_of(s.events, [&](const auto& event) { return to_string(event.kind) == v; });
     }},
    {"state", [](const gateway::GatewayStatus& s, const std::string& v) { return to_string(s.worker) == v; }},
    {"percent", [](const gateway::GatewayStatus& s,
                   const std::string& v) { return fmt::format("{:.0f}", s.load_fraction * 100) == v; }},
    {"restarts",
     [](const gateway::GatewayStatus& s, const std::string& v) { return same_number(v, s.n_restarts); }},
    {"running", [](const gateway::GatewayStatus& s,
                   const std::string& v) { return same_number(v, s.engine.n_running); }},
    {"waiting", [](const gateway::GatewayStatus& s,
                   const std::string& v) { return same_number(v, s.engine.n_waiting); }},
    {"steps", [](const gateway::GatewayStatus& s,
                 const std::string& v) { return same_number(v, s.engine.steps_completed); }},
    {"steps_below",
     [](const gateway::GatewayStatus& s, const std::string& v) {
       return s.engine.steps_completed < parse_number(v).value_or(0);
     }},
    {"prompt_tokens", [](const gateway::GatewayStatus& s,
                         const std::string& v) { return same_number(v, s.engine.n_prompt_tokens); }},
    {"open",
     [](const gateway::GatewayStatus& s, const std::string& v) { return same_number(v, s.n_active); }},
    {"error", [](const gateway::GatewayStatus& s,
                 const std::string& v) { return s.last_error && traits(s.last_error->code).name == v; }},
    {"says", [](const gateway::GatewayStatus& s,
                const std::string& v) { return s.last_error && says(v, *s.last_error); }},
}};

std::string describe(const gateway::GatewayStatus& status) {
  return fmt::format(
      "state={} pid={} standby={} percent={:.0f} restarts={} running={} waiting={} steps={} open={}{}",
      to_string(status.worker), status.worker_pid, status.standby ? to_string(status.standby->state) : "none",
      status.load_fraction * 100, status.n_restarts, status.engine.n_running, status.engine.n_waiting,
      status.engine.steps_completed, status.n_active,
      status.last_error ? ", " + to_string(*status.last_error) : "");
}

// "expect server state=ready restarts=1 …"
Outcome expect_server(Stage& stage, const Line& line) {
  Checks checks;
  auto added =
      add_options<gateway::GatewayStatus>(checks, line, [&stage] { return stage.status(); }, kStatusOptions);
  if (!added) return added;
  return await_all(stage, checks, [] { return false; }, [&stage] { return describe(stage.status()); });
}

// "expect metrics has=…"
Outcome expect_metrics(Stage& stage, const Line& line) {
  const auto wanted = line.option("has");
  if (!wanted || line.options.size() > 1) return complain("this expects a line: has=\"…\"");
  const auto has = [&] { return stage.metrics_text().contains("\n" + *wanted + "\n"); };
  return stage.wait_until(has) ? Outcome{}
                               : complain("the metrics have no such line:\n" + stage.metrics_text());
}

// "expect drained yes"
Outcome expect_drained(Stage& stage, const Line& line) {
  const bool wanted = line.word(2) == "yes";
  if (!stage.wait_until([&] { return stage.drained().has_value(); })) return complain("draining goes on");
  return *stage.drained() == wanted
             ? Outcome{}
             : complain(wanted ? "the deadline came first" : "all requests ended in time");
}

}  // namespace

Outcome expect(Stage& stage, const Line& line) {
  const std::string subject = line.word(1);
  if (subject == "server") return expect_server(stage, line);
  if (subject == "metrics") return expect_metrics(stage, line);
  if (subject == "drained") return expect_drained(stage, line);
  const Client* client = stage.client(subject);
  if (client == nullptr) return complain(fmt::format("nobody is called '{}'", subject));
  if (line.words.size() < 3 && line.options.empty()) return complain("this expects nothing");
  return expect_client(stage, line, *client);
}

}  // namespace minerva::scenario
