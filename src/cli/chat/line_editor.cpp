#include "cli/chat/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>

namespace minerva::cli {
namespace {

constexpr int kHistoryLines = 1000;
constexpr int kCharacterRead = 1;  // what libedit wants of a reading function: 1, 0 at the end, -1 on failure
constexpr int kReadFailed = -1;

struct EditorDeleter {
  void operator()(EditLine* editor) const { ::el_end(editor); }
};
struct HistoryDeleter {
  void operator()(History* history) const { ::history_end(history); }
};

}  // namespace

class LineEditor::Impl {
 public:
  explicit Impl(Interrupt& interrupt) : interrupt_(interrupt) {
    std::setlocale(LC_CTYPE, "");
    editor_.reset(::el_init("minerva", stdin, stdout, stderr));
    history_.reset(::history_init());
    HistEvent event{};
    ::history(history_.get(), &event, H_SETSIZE, kHistoryLines);
    ::history(history_.get(), &event, H_SETUNIQUE, 1);
    ::el_set(editor_.get(), EL_CLIENTDATA, this);
    ::el_set(editor_.get(), EL_PROMPT, &Impl::prompt_of);
    ::el_set(editor_.get(), EL_EDITOR, "emacs");
    ::el_set(editor_.get(), EL_HIST, ::history, history_.get());
    ::el_set(editor_.get(), EL_GETCFN, &Impl::read_character);
    ::el_source(editor_.get(), nullptr);  // the user's own ~/.editrc
  }

  EnteredLine read(const std::string& prompt) {
    prompt_ = prompt;
    interrupted_ = false;
    int length = 0;
    const char* text = ::el_gets(editor_.get(), &length);
    if (interrupted_) {
      EnteredLine line{.kind = EnteredLine::Kind::kInterrupted, .text = typed()};
      ::el_reset(editor_.get());
      std::fputs("\n", stdout);
      return line;
    }
    if (text == nullptr || length <= 0) return {};
    std::string entered(text, static_cast<std::size_t>(length));
    if (entered.ends_with('\n')) entered.pop_back();
    return {.kind = EnteredLine::Kind::kLine, .text = std::move(entered)};
  }

  void remember(const std::string& line) {
    HistEvent event{};
    ::history(history_.get(), &event, H_ENTER, line.c_str());
  }

 private:
  static Impl& self_of(EditLine* editor) {
    void* data = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<Impl*>(data);
  }

  static char* prompt_of(EditLine* editor) { return self_of(editor).prompt_.data(); }

  // libedit's own reader retries after a signal; this one gives up the line when Ctrl-C comes.
  static int read_character(EditLine* editor, wchar_t* character) {
    return self_of(editor).read_one(character);
  }

  int read_one(wchar_t* character) {
    std::mbstate_t state{};
    while (true) {
      std::array<pollfd, 2> waits{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                   {.fd = interrupt_.descriptor(), .events = POLLIN, .revents = 0}}};
      if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return kReadFailed;
      if (waits[1].revents != 0 && interrupt_.take()) {
        interrupted_ = true;
        return kReadFailed;
      }
      if (waits[0].revents == 0) continue;
      char byte = 0;
      const ssize_t n = ::read(STDIN_FILENO, &byte, 1);
      if (n == 0) return 0;
      if (n < 0 && errno != EINTR && errno != EAGAIN) return kReadFailed;
      if (n < 0) continue;
      const std::size_t used = std::mbrtowc(character, &byte, 1, &state);
      if (used == static_cast<std::size_t>(-2)) continue;  // the character has more bytes
      if (used == static_cast<std::size_t>(-1)) {
        state = {};  // no character of this locale: skipped
        continue;
      }
      return kCharacterRead;
    }
  }

  [[nodiscard]] std::string typed() const {
    const LineInfo* line = ::el_line(editor_.get());
    return {line->buffer, line->lastchar};
  }

  Interrupt& interrupt_;
  std::unique_ptr<EditLine, EditorDeleter> editor_;
  std::unique_ptr<History, HistoryDeleter> history_;
  std::string prompt_;
  bool interrupted_ = false;
};

LineEditor::LineEditor(Interrupt& interrupt) : impl_(std::make_unique<Impl>(interrupt)) {}
LineEditor::~LineEditor() = default;
EnteredLine LineEditor::read(const std::string& prompt) { return impl_->read(prompt); }
void LineEditor::remember(const std::string& line) { impl_->remember(line); }

}  // namespace minerva::cli
