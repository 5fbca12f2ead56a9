#include "http/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace minerva::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

// RFC 9110, section 15; 429 and 431 from RFC 6585.
constexpr auto kReasons = std::to_array<Reason>({
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
});

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_clean(std::string_view text) { return std::ranges::none_of(text, is_control); }

}  // namespace

std::string_view reason_phrase(int status) {
  const auto* const found = std::ranges::find(kReasons, status, &Reason::status);
  return found == kReasons.end() ? "Status" : found->phrase;
}

std::string http_date(std::chrono::system_clock::time_point time) {
  namespace ch = std::chrono;
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = ch::floor<ch::days>(time);
  const ch::year_month_day date{day};
  const ch::hh_mm_ss clock{ch::floor<ch::seconds>(time - day)};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays.at(ch::weekday{day}.c_encoding()),
                     static_cast<unsigned>(date.day()), kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

std::string serialize(const ResponseHead& head, const Headers& extra) {
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\nx-request-id: {}\r\n", head.status,
                  reason_phrase(head.status), http_date(std::chrono::system_clock::now()), head.request_id);
  const auto out = std::back_inserter(text);
  if (!head.content_type.empty() && is_clean(head.content_type))
    fmt::format_to(out, "Content-Type: {}\r\n", head.content_type);
  if (head.framing == Framing::kContentLength)
    fmt::format_to(out, "Content-Length: {}\r\n", head.content_length);
  if (head.framing == Framing::kChunked) text += "Transfer-Encoding: chunked\r\n";
  if (!head.keep_alive) text += "Connection: close\r\n";
  if (head.keep_alive && head.http_1_0) text += "Connection: keep-alive\r\n";
  for (const auto& [name, value] : extra) {
    if (is_clean(name) && is_clean(value)) fmt::format_to(out, "{}: {}\r\n", name, value);
  }
  return text += "\r\n";
}

}  // namespace minerva::http
