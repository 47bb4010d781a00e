// Serves /metrics on a thread of its own, so that no scrape, however slow its reader, takes a shard's time. Connections are few,
// short-lived and bounded: a request has to be there, and its answer taken, within some seconds.
//
// Threading: made and destroyed by the owner; `page` is called on the listener's thread, must not block it, and answers there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/function.h"
#include "base/network/reactor.h"
#include "base/network/socket.h"
#include "base/result.h"

namespace baton::metrics {

class HttpListener {
 public:
  // Told the page's text, once; none: it can not be had now.
  using Answer = Function<void(std::optional<std::string>)>;
  using Page = Function<void(network::Reactor& home, Answer answer)>;

  static Result<std::unique_ptr<HttpListener>> open(const network::Address& at, Page page);
  // REQUIRES: nobody whom `page` asked still holds an answer.
  ~HttpListener();
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  // Ends the thread, and with it every connection. Idempotent.
  void stop();
  const network::Address& address() const { return address_; }

 private:
  struct Connection;
  struct Door;
  HttpListener(network::Fd listener, Page page);

  network::Address address_;
  network::Reactor reactor_;
  std::shared_ptr<Door> door_;
  std::thread thread_;
};

}  // namespace baton::metrics
