// As much of HTTP/1.1 as somebody needs who scrapes metrics: a GET or HEAD of one path, one answer, and the connection ends.
// Pure; sockets are http_listener.h's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace baton::metrics {

// A head that is longer is refused; nobody who scrapes sends one.
inline constexpr size_t kHttpHeadMax = size_t{8} * 1024;

struct HttpRequest {
  enum class Kind { kIncomplete, kGet, kHead, kBad, kOtherMethod };
  Kind kind = Kind::kIncomplete;
  std::string path;  // without a query
};
// What has arrived so far. Anything but kIncomplete is final.
HttpRequest parse_http(std::string_view arrived);

// A whole answer. 200, 400, 404, 405, 503.
std::string http_answer(int status, std::string_view body, bool with_body = true);

}  // namespace baton::metrics
