#include "broker/metrics/http.h"

#include <fmt/format.h>

#include <algorithm>

namespace baton::metrics {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) { return letter >= 'A' && letter <= 'Z'; });
}

// Of a path: what is printed and no space.
bool is_target(std::string_view text) {
  return text.starts_with('/') && std::all_of(text.begin(), text.end(), [](char letter) { return letter > 0x20 && letter < 0x7f; });
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

}  // namespace

HttpRequest parse_http(std::string_view arrived) {
  const size_t end = arrived.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return {arrived.size() >= kHttpHeadMax ? HttpRequest::Kind::kBad : HttpRequest::Kind::kIncomplete, {}};
  }
  const std::string_view line = arrived.substr(0, arrived.find("\r\n"));
  const size_t first = line.find(' ');
  const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || end > kHttpHeadMax) return {HttpRequest::Kind::kBad, {}};
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(method) || !is_target(target) || (version != "HTTP/1.1" && version != "HTTP/1.0")) return {HttpRequest::Kind::kBad, {}};
  HttpRequest request;
  request.path = target.substr(0, target.find('?'));
  request.kind = method == "GET" ? HttpRequest::Kind::kGet : method == "HEAD" ? HttpRequest::Kind::kHead : HttpRequest::Kind::kOtherMethod;
  return request;
}

std::string http_answer(int status, std::string_view body, bool with_body) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n{}Connection: close\r\n\r\n{}",
      status, reason(status), body.size(), status == 405 ? "Allow: GET, HEAD\r\n" : "", with_body ? body : std::string_view());
}

}  // namespace baton::metrics
