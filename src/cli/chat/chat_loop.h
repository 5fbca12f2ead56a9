#pragma once
// The conversation at the terminal: questions, answers as they come, and the commands that begin with a slash.
//
// Threads: main's.

#include <string>

#include "cli/chat/chat_session.h"

namespace minerva::cli {

// Until /exit, Ctrl-D, or Ctrl-C twice at the empty prompt. `where` is said at the start: the model and who serves it.
void chat_at_terminal(ChatSession& session, const std::string& where);

// One question, only the answer on standard output.
[[nodiscard]] Status answer_once(ChatSession& session, std::string question);

}  // namespace minerva::cli
