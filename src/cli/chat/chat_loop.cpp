#include "cli/chat/chat_loop.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <optional>
#include <vector>

#include "cli/chat/interrupt.h"
#include "cli/chat/line_editor.h"
#include "cli/nearest_name.h"
#include "cli/terminal.h"

namespace minerva::cli {
namespace {

constexpr const char* kPrompt = "> ";
constexpr const char* kMorePrompt = "… ";

constexpr std::string_view kHelp =
    "  /help          this\n"
    "  /clear         forget the conversation\n"
    "  /system TEXT   set the system message; without TEXT, show it\n"
    "  /stats         numbers of the last answer\n"
    "  /exit          leave (also Ctrl-D)\n"
    "  A line that ends with \\ goes on in the next. Ctrl-C stops an answer.\n";

void write_out(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

class ChatLoop {
 public:
  explicit ChatLoop(ChatSession& session) : session_(session), editor_(interrupt_) {}

  void run() {
    while (!done_) {
      const auto message = read_message();
      if (!message) continue;
      if (message->starts_with('/')) {
        obey(*message);
      } else {
        ask(*message);
      }
    }
  }

 private:
  // A whole message, or nothing when there is none to send.
  std::optional<std::string> read_message() {
    std::string message;
    while (true) {
      const EnteredLine line = editor_.read(message.empty() ? kPrompt : kMorePrompt);
      if (line.kind == EnteredLine::Kind::kEnd) {
        done_ = true;
        fmt::print("\n");
        return std::nullopt;
      }
      if (line.kind == EnteredLine::Kind::kInterrupted) {
        note_interrupt(line.text.empty() && message.empty());
        return std::nullopt;
      }
      warned_ = false;
      message += line.text;
      if (!message.ends_with('\\')) break;
      message.back() = '\n';
    }
    if (message.find_first_not_of(" \t\n") == std::string::npos) return std::nullopt;
    editor_.remember(message);
    return message;
  }

  void note_interrupt(bool at_empty_prompt) {
    if (at_empty_prompt && warned_) {
      done_ = true;
    } else if (at_empty_prompt) {
      fmt::print("(Ctrl-C again, Ctrl-D or /exit leaves)\n");
    }
    warned_ = at_empty_prompt;
  }

  void obey(const std::string& line) {
    const auto space = line.find(' ');
    const std::string command = line.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
    if (command == "/help") {
      fmt::print("{}", kHelp);
    } else if (command == "/clear") {
      session_.clear();
      fmt::print("(forgotten)\n");
    } else if (command == "/system") {
      if (!rest.empty()) session_.set_system(rest);
      fmt::print("(system message: {})\n", session_.system().empty() ? "none" : session_.system());
    } else if (command == "/stats") {
      show_stats();
    } else if (command == "/exit" || command == "/quit") {
      done_ = true;
    } else {
      const std::vector<std::string> known{"/help", "/clear", "/system", "/stats", "/exit"};
      fmt::print("unknown command '{}'{}; /help lists them\n", command, did_you_mean(command, known));
    }
  }

  void ask(const std::string& question) {
    const StopOnInterrupt stop(interrupt_);
    const auto answer = session_.ask(question, write_out, stop.token());
    if (!answer) {
      fmt::print("\n");
      print_error(answer.error());
      return;
    }
    last_ = answer->end.stats;
    fmt::print("{}\n", answer->stopped                         ? " (stopped)"
                       : answer->end.finish_reason == "length" ? " (cut: no room for more)"
                                                               : "");
  }

  void show_stats() const {
    if (!last_) {
      fmt::print("(no answer yet)\n");
      return;
    }
    fmt::print(
        "({} prompt tokens, {} of them cached, read in {:.0f} ms; {} tokens generated in {:.0f} ms: {:.1f} a "
        "second)\n",
        last_->n_prompt, last_->n_cached, last_->prompt_ms, last_->n_generated, last_->decode_ms,
        last_->tokens_per_second);
  }

  ChatSession& session_;
  Interrupt interrupt_;
  LineEditor editor_;
  std::optional<AnswerStats> last_;
  bool warned_ = false;  // the last thing was Ctrl-C at an empty prompt
  bool done_ = false;
};

}  // namespace

void chat_at_terminal(ChatSession& session, const std::string& where) {
  fmt::print("{}\n/help says what else there is; Ctrl-D leaves.\n", where);
  ChatLoop(session).run();
}

Status answer_once(ChatSession& session, std::string question) {
  const auto answer = session.ask(std::move(question), write_out);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->text.ends_with('\n')) write_out("\n");
  if (answer->end.finish_reason == "length")
    fmt::print(stderr, "minerva: the answer is cut: the limit of tokens is reached\n");
  return {};
}

}  // namespace minerva::cli
