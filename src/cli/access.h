#pragma once
// Who may reach the server: the keys that open it, and the rule that a server others can reach has some.
//
// Threads: pure but for reading the key file.

#include <string>
#include <string_view>
#include <vector>

#include "api/access_keys.h"
#include "base/error.h"
#include "cli/settings/settings.h"

namespace minerva::cli {

struct KeyFile {
  std::vector<api::AccessKey> keys;
  std::string warning;  // empty, or why the file is not as safe as it should be
};

// One key a line, with the word "priority" behind it where the key may set priorities; empty lines and lines that begin with '#'
// do not count. kInvalidConfiguration when the file cannot be read, has no key, or another word behind one.
[[nodiscard]] Result<KeyFile> read_key_file(const std::string& path);

// Adds the key, or, where it is there already, the right that it brings.
void add_key(std::vector<api::AccessKey>& keys, api::AccessKey key);

// A key that opens the server which has these settings; empty when it has none. Errors as read_key_file().
[[nodiscard]] Result<std::string> first_key(const Settings& settings);

// True for addresses that only this machine reaches: 127.0.0.0/8, ::1, "localhost".
[[nodiscard]] bool is_loopback(std::string_view host);

// kInvalidConfiguration when others could reach the server and no key is set.
[[nodiscard]] Status check_exposure(std::string_view host, bool has_keys);

}  // namespace minerva::cli
