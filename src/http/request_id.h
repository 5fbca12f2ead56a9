#pragma once
// x-request-id: one name for a request in the client's log and in ours.
//
// Threads: any.

#include <string>
#include <string_view>

namespace minerva::http {

// 1 to 128 characters of A-Z a-z 0-9 . _ -: safe in a header, a log line and a file name.
[[nodiscard]] bool is_sane_request_id(std::string_view id);

// "req_" and 128 random bits in hexadecimal, from the system's generator.
[[nodiscard]] std::string make_request_id();

}  // namespace minerva::http
