#include "worker/worker_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "base/log.h"
#include "inference/greedy_draft_model.h"
#include "support/scripted_backend.h"
#include "support/temporary_folder.h"

namespace minerva::worker {
namespace {

using support::ScriptedBackend;
using support::ScriptedOptions;

// A worker in a thread of its own, and the gateway's end of its channel.
class WorkerUnderTest {
 public:
  explicit WorkerUnderTest(BackendFactory factory, DraftFactory draft_factory = nullptr,
                           SandboxEntry sandbox = nullptr)
      : gateway{ends_.first} {
    log::configure(log::Level::kOff, "");
    loop_ = std::make_unique<WorkerLoop>(worker_end_, std::move(factory), "scripted 1",
                                         std::move(draft_factory), std::move(sandbox));
    thread_ = std::jthread{[this] { outcome_ = loop_->run(); }};
  }
  explicit WorkerUnderTest(ScriptedOptions options = {})
      : WorkerUnderTest{BackendFactory{[this, options](const wire::LoadOptions&, const LoadProgress& progress)
                                           -> Result<std::unique_ptr<inference::InferenceBackend>> {
          if (!progress(1.0F)) return fail(ErrorCode::kCancelled, "given up");
          auto made = std::make_unique<ScriptedBackend>(options);
          backend = made.get();
          return made;
        }}} {}
  ~WorkerUnderTest() {
    gateway.close_both_ways();
    if (backend != nullptr) backend.load()->gate().open();
  }

  void send(const wire::Message& message) { ASSERT_TRUE(gateway.send(message)); }
  void submit(std::uint64_t id, std::string prompt) {
    wire::GenerationSpec spec;
    spec.id = id;
    spec.prompt = {.text = prompt, .spans = {{.n_bytes = static_cast<std::uint32_t>(prompt.size())}}};
    send(wire::Submit{.spec = std::move(spec)});
  }

  template <typename T>
  T expect() {
    auto message = gateway.receive();
    if (!message || !*message || !std::holds_alternative<T>(**message)) {
      ADD_FAILURE() << "another message was expected here";
      return {};
    }
    return std::get<T>(std::move(**message));
  }
  void load() {
    send(wire::Hello{.protocol = wire::kProtocolVersion, .program_version = "test"});
    expect<wire::HelloReply>();
    send(wire::LoadRequest{});
    expect<wire::LoadProgress>();
    expect<wire::ModelLoaded>();
  }
  // Reads reports until this sequence has ended; its text, or its error.
  Result<std::string> read_to_end(std::uint64_t id) {
    std::string text;
    while (true) {
      auto message = gateway.receive();
      if (!message || !*message) return fail(ErrorCode::kWorkerCrashed, "the stream ended");
      for (const auto& event : std::get<wire::StepReport>(**message).events) {
        if (const auto* part = std::get_if<wire::SequenceText>(&event); part && part->id == id)
          text += part->text;
        if (const auto* end = std::get_if<wire::SequenceFinished>(&event); end && end->id == id) return text;
        if (const auto* end = std::get_if<wire::SequenceFailed>(&event); end && end->id == id)
          return std::unexpected(end->error);
      }
    }
  }
  // The worker ends by itself; how.
  Status join() {
    thread_.join();
    return *outcome_;
  }

 private:
  std::pair<int, int> ends_ = *wire::make_socket_pair();

 public:
  wire::Channel gateway;
  std::atomic<ScriptedBackend*> backend{nullptr};  // the loop's, as long as this object lives

 private:
  wire::Channel worker_end_{ends_.second};
  std::unique_ptr<WorkerLoop> loop_;
  std::optional<Status> outcome_;
  std::jthread thread_;  // last: joined before what it uses goes
};

TEST(WorkerLoop, ShakesHands) {
  WorkerUnderTest worker;
  worker.send(wire::Hello{.protocol = wire::kProtocolVersion, .program_version = "test"});
  const auto reply = worker.expect<wire::HelloReply>();
  EXPECT_EQ(reply.protocol, wire::kProtocolVersion);
  EXPECT_EQ(reply.program_version, MINERVA_VERSION);
  EXPECT_EQ(reply.engine_version, "scripted 1");
}

TEST(WorkerLoop, EndsWhenTheGatewaySpeaksAnotherProtocol) {
  WorkerUnderTest worker;
  worker.send(wire::Hello{.protocol = 999, .program_version = "test"});
  EXPECT_EQ(worker.expect<wire::HelloReply>().protocol, wire::kProtocolVersion);
  const Status ended = worker.join();
  ASSERT_FALSE(ended);
  EXPECT_THAT(ended.error().message, testing::HasSubstr("999"));
}

TEST(WorkerLoop, ServesRequests) {
  WorkerUnderTest worker;
  worker.load();
  worker.submit(1, "count 5");
  EXPECT_EQ(worker.read_to_end(1), "1 2 3 4 5");
  worker.submit(2, "say hello");
  EXPECT_EQ(worker.read_to_end(2), "hello");
}

TEST(WorkerLoop, TellsThePromptsTokensFirst) {
  WorkerUnderTest worker;
  worker.load();
  worker.submit(1, "count 2");
  const auto report = worker.expect<wire::StepReport>();
  ASSERT_FALSE(report.events.empty());
  const auto* accepted = std::get_if<wire::SequenceAccepted>(&report.events.front());
  ASSERT_NE(accepted, nullptr);
  EXPECT_THAT(accepted->prompt, testing::ElementsAre('c', 'o', 'u', 'n', 't', ' ', '2'));
}

TEST(WorkerLoop, SaysWhyAPromptCannotBeTokenized) {
  WorkerUnderTest worker;
  worker.load();
  worker.submit(1, std::string("zero \0 byte", 11));
  const auto text = worker.read_to_end(1);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kTokenizationFailed);
}

TEST(WorkerLoop, RefusesRequestsBeforeAModelIsThere) {
  WorkerUnderTest worker;
  worker.submit(1, "count 2");
  const auto text = worker.read_to_end(1);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kNotReady);
}

TEST(WorkerLoop, ReportsALoadThatFailedAndTakesAnother) {
  int n_loads = 0;
  WorkerUnderTest worker{
      BackendFactory{[&](const wire::LoadOptions&,
                         const LoadProgress&) -> Result<std::unique_ptr<inference::InferenceBackend>> {
        if (++n_loads == 1) return fail(ErrorCode::kModelNotFound, "there is no file x");
        return std::make_unique<ScriptedBackend>(ScriptedOptions{});
      }}};
  worker.send(wire::LoadRequest{});
  EXPECT_EQ(worker.expect<wire::LoadFailed>().error.code, ErrorCode::kModelNotFound);
  worker.send(wire::LoadRequest{});
  EXPECT_EQ(worker.expect<wire::ModelLoaded>().card.name, "scripted");
  worker.send(wire::LoadRequest{});
  EXPECT_EQ(worker.expect<wire::LoadFailed>().error.code, ErrorCode::kInternal);
}

Result<std::unique_ptr<inference::InferenceBackend>> load_scripted(const wire::LoadOptions&,
                                                                   const LoadProgress&) {
  return std::make_unique<ScriptedBackend>(ScriptedOptions{});
}

TEST(WorkerLoop, EntersTheSandboxBeforeItLoadsAndAloneOnItsThread) {
  std::vector<std::string> order;
  const auto thread_count = [] {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/task"},
                         std::filesystem::directory_iterator{});
  };
  std::ptrdiff_t n_threads = 0;
  const auto load = [&](const wire::LoadOptions&,
                        const LoadProgress&) -> Result<std::unique_ptr<inference::InferenceBackend>> {
    order.emplace_back("load");
    EXPECT_EQ(thread_count(), n_threads + 1) << "the reader begins after the sandbox";
    return std::make_unique<ScriptedBackend>(ScriptedOptions{});
  };
  const auto enter = [&](const wire::LoadOptions& options) -> Result<wire::Sandbox> {
    order.push_back("enter for " + options.model_path);
    n_threads = thread_count();
    return wire::Sandbox{.files = true, .missing = {"calls"}};
  };
  WorkerUnderTest worker{load, nullptr, enter};
  wire::LoadOptions options;
  options.model_path = "m";
  worker.send(wire::LoadRequest{.options = options});
  const auto loaded = worker.expect<wire::ModelLoaded>();
  EXPECT_EQ(order, (std::vector<std::string>{"enter for m", "load"}));
  EXPECT_TRUE(loaded.card.sandbox.files);
  EXPECT_EQ(loaded.card.sandbox.missing, std::vector<std::string>{"calls"});
}

TEST(WorkerLoop, LoadsNothingWithoutTheSandboxThatIsWanted) {
  const auto load = [](const wire::LoadOptions&,
                       const LoadProgress&) -> Result<std::unique_ptr<inference::InferenceBackend>> {
    ADD_FAILURE() << "it was loaded";
    return std::make_unique<ScriptedBackend>(ScriptedOptions{});
  };
  WorkerUnderTest worker{load, nullptr, [](const wire::LoadOptions&) -> Result<wire::Sandbox> {
                           return fail(ErrorCode::kInvalidConfiguration, "no sandbox here");
                         }};
  worker.send(wire::LoadRequest{});
  EXPECT_EQ(worker.expect<wire::LoadFailed>().error.message, "no sandbox here");
}

TEST(WorkerLoop, LoadsADraftModelBesideTheModel) {
  const auto load_draft = [](const wire::LoadOptions& options, const wire::ModelCard& model,
                             const LoadProgress&) -> Result<std::unique_ptr<inference::DraftModel>> {
    EXPECT_EQ(options.draft_model_path, "small.gguf");
    return *inference::GreedyDraftModel::make(std::make_unique<ScriptedBackend>(ScriptedOptions{}),
                                              {.n_vocab = model.n_vocab});
  };
  WorkerUnderTest worker{load_scripted, load_draft};
  wire::LoadRequest request;
  request.options.draft_model_path = "small.gguf";
  worker.send(request);
  const auto card = worker.expect<wire::ModelLoaded>().card;
  ASSERT_TRUE(card.draft);
  EXPECT_EQ(card.draft->name, "scripted");
  worker.submit(1, "count 5");
  EXPECT_EQ(worker.read_to_end(1), "1 2 3 4 5");
}

TEST(WorkerLoop, LoadsNothingWhenTheDraftModelCannotBeLoaded) {
  const auto fail_draft = [](const wire::LoadOptions&, const wire::ModelCard&,
                             const LoadProgress&) -> Result<std::unique_ptr<inference::DraftModel>> {
    return fail(ErrorCode::kModelInvalid, "another vocabulary", "draft-model");
  };
  WorkerUnderTest worker{load_scripted, fail_draft};
  worker.send(wire::LoadRequest{});
  EXPECT_EQ(worker.expect<wire::LoadFailed>().error.field, "draft-model");
  worker.submit(1, "count 5");
  EXPECT_FALSE(worker.read_to_end(1));
}

TEST(WorkerLoop, SaysThatPrefixesCannotBeKeptBeforeItLoadsAnything) {
  bool loaded = false;
  WorkerUnderTest worker{BackendFactory{[&](const wire::LoadOptions& options, const LoadProgress& progress) {
    loaded = true;
    return load_scripted(options, progress);
  }}};
  const support::TemporaryFolder folder;
  std::ofstream{folder / "file"};
  wire::LoadRequest request;
  request.options.prefix_cache_dir = folder / "file";
  worker.send(request);
  EXPECT_EQ(worker.expect<wire::LoadFailed>().error.field, "prefix-cache-dir");
  EXPECT_FALSE(loaded);
}

TEST(WorkerLoop, CancelsWithinTheStep) {
  WorkerUnderTest worker;
  worker.load();
  worker.backend.load()->gate().close();
  worker.submit(1, "count 100");
  worker.backend.load()->gate().await_arrival();
  worker.send(wire::Cancel{.id = 1});
  // Commands are executed in order, so the answer to this one says that the cancel was executed just before.
  worker.send(wire::Hello{.protocol = wire::kProtocolVersion, .program_version = "test"});
  auto& backend = *worker.backend.load();
  wire::StepReport report;
  while (true) {
    backend.gate().allow(1);
    const auto message = worker.gateway.receive();
    ASSERT_TRUE(message && *message);
    if (std::holds_alternative<wire::HelloReply>(**message)) break;
    // The step after the cancel may be reported before this answer, when the question came only after that step.
    const auto* step = std::get_if<wire::StepReport>(&**message);
    if (step != nullptr && !step->events.empty()) report = *step;
  }
  const auto n_decodes = backend.n_decodes();
  const auto is_end = [&] {
    return !report.events.empty() && std::holds_alternative<wire::SequenceFailed>(report.events.back());
  };
  while (!is_end()) report = worker.expect<wire::StepReport>();
  const auto* failed = std::get_if<wire::SequenceFailed>(&report.events.back());
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->error.code, ErrorCode::kCancelled);
  EXPECT_EQ(backend.n_decodes(), n_decodes);
  EXPECT_EQ(report.status.n_running, 0U);
}

TEST(WorkerLoop, SaysThatItIsThereWhileItHasNothingToDo) {
  WorkerUnderTest worker;
  worker.load();
  const auto report = worker.expect<wire::StepReport>();
  EXPECT_TRUE(report.events.empty());
  EXPECT_EQ(report.status.kv_cells, 1024U);
}

TEST(WorkerLoop, EndsOnShutdown) {
  WorkerUnderTest worker;
  worker.load();
  worker.send(wire::Shutdown{});
  EXPECT_TRUE(worker.join());
}

TEST(WorkerLoop, EndsWhenTheGatewayIsGoneInTheMiddleOfAStream) {
  WorkerUnderTest worker;
  worker.load();
  worker.backend.load()->gate().close();
  worker.submit(1, "count 100");
  worker.backend.load()->gate().await_arrival();
  worker.gateway.close_both_ways();
  worker.backend.load()->gate().open();
  (void)worker.join();
}

TEST(WorkerLoop, GivesUpALoadWhenTheGatewayIsGone) {
  std::atomic<bool> loading{false};
  std::optional<bool> wanted;
  WorkerUnderTest worker{BackendFactory{[&](const wire::LoadOptions&, const LoadProgress& progress)
                                            -> Result<std::unique_ptr<inference::InferenceBackend>> {
    loading = true;
    loading.notify_all();
    while (progress(0.5F)) std::this_thread::yield();
    wanted = false;
    return fail(ErrorCode::kCancelled, "given up");
  }}};
  worker.send(wire::LoadRequest{});
  loading.wait(false);
  worker.gateway.close_both_ways();
  (void)worker.join();
  EXPECT_EQ(wanted, false);
}

}  // namespace
}  // namespace minerva::worker
