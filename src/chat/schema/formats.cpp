#include "chat/schema/formats.h"

#include <fmt/format.h>

#include <utility>

namespace minerva::chat::schema {
namespace {

// RFC 3339, section 5.6, in the years 0001 to 9999; no leap seconds.
std::string date() {
  constexpr std::string_view kYear = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})";
  constexpr std::string_view kLeapYear =
      "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)";
  return fmt::format(
      "({}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2["
      "0-8]))"
      "|{}-02-29)",
      kYear, kLeapYear);
}

constexpr std::string_view kTime =
    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";

// RFC 1123: labels of at most 63 characters, here 41, and at most 253 in all.
constexpr std::string_view kHost =
    "[A-Za-z0-9](-?[A-Za-z0-9]){0,20}(\\.[A-Za-z0-9](-?[A-Za-z0-9]){0,20}){0,4}";

constexpr std::string_view kIpv4 =
    "((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

// RFC 4291, section 2.2, without the form that ends in an IPv4 address: eight groups, or fewer around one "::".
std::string ipv6() {
  const std::string group = "[0-9A-Fa-f]{1,4}";
  std::string all = fmt::format("({0}:){{7}}{0}|::", group);
  for (int before = 0; before <= 7; ++before) {
    const std::string head = before == 0 ? "" : fmt::format("{0}(:{0}){{{1}}}", group, before - 1);
    if (before > 0) all += fmt::format("|{}::", head);
    if (before < 7) all += fmt::format("|{}::{}(:{}){{0,{}}}", head, group, group, 6 - before);
  }
  return all;
}

// RFC 3986, the part with a host; what is not ASCII is written with %.
std::string uri() {
  constexpr std::string_view kCharacter = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
  return fmt::format("[a-z][a-z0-9+.-]{{1,15}}://{0}(:[1-9][0-9]{{0,3}})?(/{1}*)*(\\?{1}*)?(#{1}*)?", kHost,
                     kCharacter);
}

// RFC 3339, appendix A.
constexpr std::string_view kDuration =
    "P([0-9]{1,4}W|([0-9]{1,4}Y([0-9]{1,2}M([0-9]{1,2}D)?)?|[0-9]{1,2}M([0-9]{1,2}D)?|[0-9]{1,2}D)"
    "(T([0-9]{1,2}H([0-9]{1,2}M([0-9]{1,2}S)?)?|[0-9]{1,2}M([0-9]{1,2}S)?|[0-9]{1,2}S))?"
    "|T([0-9]{1,2}H([0-9]{1,2}M([0-9]{1,2}S)?)?|[0-9]{1,2}M([0-9]{1,2}S)?|[0-9]{1,2}S))";

std::optional<std::string> unanchored(std::string_view format) {
  if (format == "date") return date();
  if (format == "time") return std::string{kTime};
  if (format == "date-time") return fmt::format("{}T{}", date(), kTime);
  if (format == "duration") return std::string{kDuration};
  if (format == "uuid") return "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";
  if (format == "email" || format == "idn-email")
    return fmt::format("[A-Za-z0-9_+-]+(\\.[A-Za-z0-9_+-]+)*@{}", kHost);
  if (format == "hostname" || format == "idn-hostname") return std::string{kHost};
  if (format == "ipv4") return std::string{kIpv4};
  if (format == "ipv6") return ipv6();
  if (format == "uri" || format == "uri-reference" || format == "iri" || format == "iri-reference")
    return uri();
  if (format == "json-pointer") return "(/([^~/]|~[01])*)*";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> pattern_of_format(std::string_view format) {
  const auto pattern = unanchored(format);
  return pattern ? std::optional{fmt::format("^({})$", *pattern)} : std::nullopt;
}

}  // namespace minerva::chat::schema
