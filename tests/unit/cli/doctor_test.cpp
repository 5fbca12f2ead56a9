#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cli/doctor/child_output.h"
#include "cli/doctor/findings.h"
#include "cli/doctor/machine_facts.h"

namespace minerva::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds kPatience{20'000};

MachineFacts healthy_machine() {
  MachineFacts facts;
  facts.worker_path = "/usr/bin/minerva-worker";
  wire::DeviceInfo gpu;
  gpu.name = "Vulkan0";
  gpu.description = "A GPU";
  gpu.backend = "Vulkan";
  gpu.kind = wire::DeviceKind::kGpu;
  gpu.memory_free_bytes = 1024;
  gpu.memory_total_bytes = 2048;
  facts.machine = wire::MachineReport{.engine_version = "llama.cpp 0.7.0",
                                      .backends = {"CPU", "Vulkan"},
                                      .devices = {wire::DeviceInfo{}, gpu},
                                      .cpu_features = {"AVX2"}};
  facts.n_cores = facts.n_usable_cores = 8;
  facts.max_open_files = 65'536;
  facts.host = "127.0.0.1";
  facts.port = 8080;
  wire::ModelCard card;
  card.architecture = "llama";
  card.placement = "all on Vulkan0";
  card.chat_template = "x";
  facts.model = card;
  return facts;
}

const Finding* find(const std::vector<Finding>& findings, std::string_view label) {
  const auto found = std::ranges::find(findings, label, &Finding::label);
  return found == findings.end() ? nullptr : &*found;
}

TEST(Findings, AHealthyMachineHasNoMarkButGood) {
  const auto findings = judge(healthy_machine());
  for (const Finding& finding : findings)
    EXPECT_EQ(finding.mark, Mark::kGood) << finding.label << ": " << finding.text;
  EXPECT_TRUE(is_healthy(findings));
  ASSERT_NE(find(findings, "Vulkan0"), nullptr);
  EXPECT_EQ(find(findings, "Vulkan0")->text, "A GPU (Vulkan), 1.0 KiB free of 2.0 KiB");
}

TEST(Findings, AWorkerThatDiesIsBadAndTheRestIsStillSaid) {
  MachineFacts facts = healthy_machine();
  facts.machine = fail(ErrorCode::kWorkerCrashed, "minerva-worker ended with signal 11");
  const auto findings = judge(facts);
  EXPECT_FALSE(is_healthy(findings));
  EXPECT_EQ(find(findings, "worker")->mark, Mark::kBad);
  EXPECT_NE(find(findings, "cores"), nullptr);
}

TEST(Findings, NoGpuATakenPortAndFewFilesAreWarnings) {
  MachineFacts facts = healthy_machine();
  facts.machine->devices.pop_back();
  facts.port_state = PortState::kOther;
  facts.max_open_files = 256;
  const auto findings = judge(facts);
  EXPECT_EQ(find(findings, "GPU")->mark, Mark::kWarning);
  EXPECT_EQ(find(findings, "port 8080")->mark, Mark::kWarning);
  EXPECT_EQ(find(findings, "open files")->mark, Mark::kWarning);
  EXPECT_TRUE(is_healthy(findings));
}

TEST(Findings, TheTextIsAlignedUnderItsSections) {
  const std::vector<Finding> findings{
      {.section = "A", .mark = Mark::kGood, .label = "x", .text = "one"},
      {.section = "A", .mark = Mark::kWarning, .label = "longer", .text = "two"},
      {.section = "B", .mark = Mark::kBad, .label = "y", .text = "three"}};
  EXPECT_EQ(findings_text(findings, false), "A\n  ✓ x       one\n  ! longer  two\n\nB\n  ✗ y       three\n");
}

TEST(Findings, TheJsonNamesMarksAndLeavesNullWhatIsUnknown) {
  MachineFacts facts = healthy_machine();
  facts.model = fail(ErrorCode::kModelNotFound, "there is no file \"x\"");
  const std::string json = findings_json(judge(facts), facts);
  EXPECT_THAT(json, HasSubstr("\"healthy\": false"));
  EXPECT_THAT(json, HasSubstr("\"mark\": \"bad\""));
  EXPECT_THAT(json, HasSubstr("\"model\": null"));
  EXPECT_THAT(json, HasSubstr(R"(there is no file \"x\")"));
}

TEST(ProcessorName, IsTheFirstOnesModel) {
  EXPECT_EQ(parse_processor_name(
                "processor\t: 0\nmodel name\t: AMD EPYC 9B14\nprocessor\t: 1\nmodel name\t: Other\n"),
            "AMD EPYC 9B14");
  EXPECT_EQ(parse_processor_name("processor : 0\n"), "");
  EXPECT_EQ(parse_processor_name("model name"), "");
  EXPECT_EQ(parse_processor_name("model name\t:\nflags : x\n"), "");
}

TEST(ChildOutput, KeepsBothStreamsApart) {
  const auto output = run_child("/bin/sh", {"-c", "echo out; echo err >&2"}, kPatience);
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_EQ(output->output, "out\n");
  EXPECT_EQ(output->errors, "err\n");
}

TEST(ChildOutput, AStatusAndASignalAreToldWithTheLastLine) {
  const auto failed = run_child("/bin/sh", {"-c", "echo first >&2; echo because >&2; exit 3"}, kPatience);
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().message, HasSubstr("ended with status 3: because"));
  const auto killed = run_child("/bin/sh", {"-c", "kill -SEGV $$"}, kPatience);
  ASSERT_FALSE(killed.has_value());
  EXPECT_THAT(killed.error().message, HasSubstr("signal 11"));
}

TEST(ChildOutput, AChildThatHangsIsEnded) {
  const auto hung = run_child("/bin/sh", {"-c", "exec sleep 600"}, milliseconds{200});
  ASSERT_FALSE(hung.has_value());
  EXPECT_EQ(hung.error().code, ErrorCode::kTimeout);
}

TEST(ChildOutput, AMissingProgramIsNamed) {
  const auto missing = run_child("/nonexistent/worker", {}, kPatience);
  ASSERT_FALSE(missing.has_value());
  EXPECT_THAT(missing.error().message, HasSubstr("/nonexistent/worker cannot be run"));
}

}  // namespace
}  // namespace minerva::cli
