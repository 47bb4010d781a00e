#include "broker/metrics/serving/http_listener.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "broker/metrics/http.h"

namespace baton::metrics {
namespace {

constexpr size_t kConnectionsMax = 16;
// From being accepted to the last byte of the answer.
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr Duration kAcceptRetry = std::chrono::milliseconds(100);

}  // namespace

// Accepts, and holds the connections that are open.
struct HttpListener::Door : std::enable_shared_from_this<Door> {
  Door(network::Reactor& home, network::Fd listener, Page served)
      : reactor(home), fd(std::move(listener)), watch(home, fd.get()), retry(home), page(std::move(served)) {}

  void accept();

  network::Reactor& reactor;
  network::Fd fd;
  network::Watch watch;
  network::Timer retry;
  Page page;
  std::set<std::shared_ptr<Connection>> connections;
};

struct HttpListener::Connection : std::enable_shared_from_this<Connection> {
  Connection(Door& owner, network::Fd socket)
      : door(owner), fd(std::move(socket)), watch(owner.reactor, fd.get()), patience(owner.reactor) {}

  void start() {
    patience.start(kPatience, [this] { end(); });
    receive();
  }
  void receive() {
    char part[2048];
    for (;;) {
      const ssize_t size = ::recv(fd.get(), part, sizeof part, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return watch.when_readable([this] { receive(); });
      if (size <= 0) return end();
      arrived.append(part, static_cast<size_t>(size));
      const HttpRequest request = parse_http(arrived);
      if (request.kind == HttpRequest::Kind::kIncomplete) continue;
      return respond(request);
    }
  }
  void respond(const HttpRequest& request) {
    const bool with_body = request.kind != HttpRequest::Kind::kHead;
    if (request.kind == HttpRequest::Kind::kBad) return say(http_answer(400, "not a request of HTTP/1.1\n"));
    if (request.kind == HttpRequest::Kind::kOtherMethod) return say(http_answer(405, "only GET and HEAD\n"));
    if (request.path != "/metrics") return say(http_answer(404, "see /metrics\n", with_body));
    door.page(door.reactor, [weak = weak_from_this(), with_body](const std::optional<std::string>& text) {
      auto self = weak.lock();
      if (!self) return;  // it did not want to wait
      self->say(text ? http_answer(200, *text, with_body) : http_answer(503, "the broker is too busy to count, or ends\n", with_body));
    });
  }
  void say(std::string whole) {
    answer = std::move(whole);
    send();
  }
  void send() {
    while (sent < answer.size()) {
      const ssize_t size = ::send(fd.get(), answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return watch.when_writable([this] { send(); });
      if (size < 0) return end();
      sent += static_cast<size_t>(size);
    }
    // The peer is to read everything before it sees the end: what it sent beyond its request would make that a reset.
    ::shutdown(fd.get(), SHUT_WR);
    drain();
  }
  void drain() {
    char part[2048];
    for (;;) {
      const ssize_t size = ::recv(fd.get(), part, sizeof part, 0);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return watch.when_readable([this] { drain(); });
      if (size <= 0) return end();
      drained += static_cast<size_t>(size);
      if (drained > kHttpHeadMax) return end();
    }
  }
  void end() {
    const auto self = shared_from_this();
    watch.close();
    patience.cancel();
    door.connections.erase(self);
  }

  Door& door;
  network::Fd fd;
  network::Watch watch;
  network::Timer patience;
  std::string arrived;
  std::string answer;
  size_t sent = 0;
  size_t drained = 0;
};

void HttpListener::Door::accept() {
  for (;;) {
    network::Fd socket = network::accept_tcp(fd.get());
    if (!socket) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return watch.when_readable([this] { accept(); });
      return retry.start(kAcceptRetry, [this] { accept(); });
    }
    if (connections.size() >= kConnectionsMax) continue;  // closed at once
    auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connections.insert(connection);
    connection->start();
  }
}

Result<std::unique_ptr<HttpListener>> HttpListener::open(const network::Address& at, Page page) {
  auto listener = network::listen_tcp(at);
  if (!listener) return tl::unexpected(listener.error());
  return std::unique_ptr<HttpListener>(new HttpListener(std::move(*listener), std::move(page)));
}

HttpListener::HttpListener(network::Fd listener, Page page) : address_(network::local_address(listener.get())) {
  door_ = std::make_shared<Door>(reactor_, std::move(listener), std::move(page));
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "baton-metrics");
    reactor_.post([this] { door_->accept(); });
    reactor_.run();
  });
}

HttpListener::~HttpListener() {
  stop();
}

void HttpListener::stop() {
  if (!thread_.joinable()) return;
  reactor_.stop();
  thread_.join();
  door_->connections.clear();
}

}  // namespace baton::metrics
