#include "commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace minerva::scenario {
namespace {

using std::chrono::milliseconds;

std::unexpected<std::string> complain(std::string text) { return std::unexpected(std::move(text)); }

Outcome server(Stage& stage, const Line& line) {
  if (stage.has_server()) return complain("there is a server already");
  EngineShape shape{.n_slots = line.number_option("slots", 2),
                    .n_context = line.number_option("ctx", 64),
                    .n_batch = line.number_option("batch", 16),
                    .protocol = {},
                    .dies_of = line.option("dies_of"),
                    .fits_from_rung = line.number_option("fits_from_rung", 0),
                    .noise = line.option("noise")};
  if (const auto protocol = line.option("protocol")) shape.protocol = parse_number(*protocol);
  stage.control().set_free(line.option("pace").value_or("free") == "free");
  stage.control().set_load_held(line.option("load") == "held");
  stage.control().set_deaths_on_load(line.number_option("deaths_on_load", 0));
  gateway::GatewayOptions options;
  options.load.model_path = "/models/scripted.gguf";
  options.max_queue = line.number_option("queue", 64);
  options.has_several_tenants = line.number_option("tenants", 1) > 1;
  options.standby = line.option("standby") == "yes";
  options.restart = {.first_pause = milliseconds{1},
                     .failed_pause = milliseconds{line.number_option("failed_pause_ms", 600'000)}};
  stage.start_server(shape, std::move(options));
  if (line.option("load") == "held" || shape.protocol || shape.noise || line.option("deaths_on_load"))
    return {};
  const bool ready = stage.wait_until([&] { return stage.status().worker == gateway::WorkerState::kReady; });
  return ready ? Outcome{} : complain("the server did not become ready");
}

Outcome submit(Stage& stage, const Line& line) {
  if (line.words.size() != 2 || stage.client(line.word(1)) != nullptr)
    return complain("submit wants a new name");
  gateway::GenerationRequest request;
  request.prompt.text = line.option("prompt").value_or("");
  request.prompt.spans = {
      {.n_bytes = static_cast<std::uint32_t>(request.prompt.text.size()), .origin = wire::Origin::kMessage}};
  request.model = line.option("model").value_or("");
  request.sampling.temperature = 0;
  request.max_tokens = line.number_option("max_tokens", 0);
  request.tenant = line.number_option("tenant", 0);
  request.priority = static_cast<std::int32_t>(line.number_option("priority", 0));
  request.timeout = milliseconds{line.number_option("timeout_ms", 0)};
  request.n_choices = line.number_option("choices", 1);
  if (const auto stop = line.option("stop")) request.stop = {*stop};
  const bool was_ready = stage.status().worker == gateway::WorkerState::kReady;
  stage.submit(line.word(1), std::move(request), line.option("reads") == "held");
  // At a free pace the worker's first word is waited for, so that requests arrive there in the order of the lines. At a
  // pace of steps that word comes with the next step.
  const Client& client = *stage.client(line.word(1));
  if (!was_ready || !stage.control().is_free()) return {};
  return stage.wait_until([&] { return client.phase() != ClientPhase::kWaiting; })
             ? Outcome{}
             : complain("the worker says nothing of it");
}

Outcome with_client(Stage& stage, const Line& line, void (Client::*act)()) {
  Client* client = stage.client(line.word(1));
  if (client == nullptr) return complain(fmt::format("nobody is called '{}'", line.word(1)));
  (client->*act)();
  stage.settle();
  return {};
}

// Steps until `reached`; complains when the client's end comes first.
Outcome step_until(Stage& stage, const Client& client, const std::function<bool()>& reached) {
  if (stage.control().is_free()) return complain("the engine runs freely: say pace=steps, or hold");
  while (!reached()) {
    if (client.ended()) return complain(fmt::format("the end came first: {}", client.describe()));
    if (auto stepped = stage.step(); !stepped) return stepped;
  }
  return {};
}

// "3 tokens of b", "b reading": the words from `at` on.
Outcome step_until_words(Stage& stage, const Line& line, std::size_t at) {
  const auto n_tokens = parse_number(line.word(at));
  const auto phase = parse_phase(line.word(at + 1));
  const Client* client = stage.client(line.word(n_tokens ? at + 3 : at));
  if (client == nullptr || (!n_tokens && !phase))
    return complain("this wants 'N tokens of NAME' or 'NAME PHASE'");
  return step_until(stage, *client,
                    [&] { return n_tokens ? client->n_tokens() >= *n_tokens : client->phase() == *phase; });
}

// "step", "step 3", "step until 3 tokens of b", "step until b finished"
Outcome step(Stage& stage, const Line& line) {
  if (line.word(1) == "until") return step_until_words(stage, line, 2);
  const auto n = parse_number(line.words.size() > 1 ? line.word(1) : "1");
  if (!n) return complain("step wants a number");
  for (std::uint32_t i = 0; i < *n; ++i) {
    if (auto stepped = stage.step(); !stepped) return stepped;
  }
  return {};
}

Outcome run(Stage& stage, const Line& /*line*/) {
  stage.control().set_free(true);
  return {};
}

Outcome hold(Stage& stage, const Line& /*line*/) {
  stage.control().set_free(false);
  return {};
}

// "kill worker", "kill worker after 3 tokens of b", "kill standby"
Outcome kill(Stage& stage, const Line& line) {
  if (line.word(2) == "after") {
    if (auto reached = step_until_words(stage, line, 3); !reached) return reached;
  }
  const std::string how = line.option("how").value_or("signal 9 (Killed)");
  return line.word(1) == "standby" ? stage.kill_standby(how) : stage.kill_worker(how);
}

// "freeze worker", "freeze standby"
Outcome freeze(Stage& stage, const Line& line) {
  const gateway::GatewayStatus status = stage.status();
  const int standby = status.standby ? status.standby->pid : 0;
  return stage.launcher().freeze(line.word(1) == "standby" ? standby : status.worker_pid)
             ? Outcome{}
             : complain("there is none");
}

// "load hold", "load 50%", "load finish", "load fail CODE says=..."
Outcome load(Stage& stage, const Line& line) {
  EngineControl& control = stage.control();
  const std::string what = line.word(1);
  if (what == "hold") {
    control.set_load_held(true);
  } else if (what == "finish") {
    control.fail_loads_with({});
    control.set_load_held(false);
  } else if (what == "fail") {
    const auto code = error_code_from_name(line.word(2));
    if (!code) return complain(fmt::format("'{}' is no error code", line.word(2)));
    control.fail_loads_with(
        Error{.code = *code, .message = line.option("says").value_or("the load failed"), .field = {}});
  } else if (const auto percent =
                 what.ends_with('%') ? parse_number(what.substr(0, what.size() - 1)) : std::nullopt) {
    control.set_load_fraction(static_cast<float>(*percent) / 100.0F);
  } else {
    return complain("load wants hold, finish, fail CODE, or a percentage");
  }
  return {};
}

Outcome drain(Stage& stage, const Line& line) {
  stage.begin_draining(milliseconds{line.number_option("deadline_ms", 60'000)});
  return {};
}

Outcome stop(Stage& stage, const Line& /*line*/) { return stage.stop(); }

struct Command {
  std::string_view verb;
  Outcome (*act)(Stage&, const Line&);
};

constexpr std::array kCommands{
    Command{"server", server},
    Command{"submit", submit},
    Command{"leave", [](Stage& s, const Line& l) { return with_client(s, l, &Client::leave); }},
    Command{"read",
            [](Stage& s, const Line& l) {
              return with_client(s, l, l.word(2) == "all" ? &Client::read_all : &Client::read_one);
            }},
    Command{"step", step},
    Command{"run", run},
    Command{"hold", hold},
    Command{"kill", kill},
    Command{"freeze", freeze},
    Command{"load", load},
    Command{"drain", drain},
    Command{"stop", stop},
    Command{"expect", expect},
};

}  // namespace

Outcome perform(Stage& stage, const Line& line) {
  const auto* command = std::ranges::find(kCommands, line.word(0), &Command::verb);
  if (command == kCommands.end()) return complain(fmt::format("'{}' is no command", line.word(0)));
  if (line.word(0) != "server" && !stage.has_server()) return complain("a scenario begins with a server");
  return command->act(stage, line);
}

}  // namespace minerva::scenario
