#include "broker/supervision/inquiry.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "controller/messages/control.pb.h"

namespace baton::supervision {
namespace {

constexpr size_t kAnswerBytesMax = 64 * 1024;  // more is not the answer to such a question

std::string framed(const control::Request& request) {
  control::Frame frame;
  *frame.mutable_request() = request;
  const std::string body = frame.SerializeAsString();
  char length[4];
  store_be(length, static_cast<uint32_t>(body.size()));
  return std::string(length, sizeof length) + body;
}

}  // namespace

std::vector<network::Address> addresses_of(const CandidatesOnBoard& candidates, int32_t own_id) {
  std::vector<network::Address> addresses;
  for (int32_t i = 0; i < std::min(candidates.count, CandidatesOnBoard::kMost); ++i) {
    const CandidatesOnBoard::One& one = candidates.all[i];
    if (one.id != own_id) addresses.push_back({one.host.str(), one.port});
  }
  return addresses;
}

struct Inquiry::Call {
  network::Fd fd;
  bool connected = false;
  std::string unsent;
  std::string received;

  // False: over, with or without an answer.
  bool go_on(short events, std::vector<control::Response>& answers) {
    if (!connected) {
      if ((events & (POLLOUT | POLLERR | POLLHUP)) == 0) return true;
      if (network::connect_error(fd.get()) != 0) return false;
      connected = true;
    }
    while (!unsent.empty()) {
      const ssize_t sent = send(fd.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      unsent.erase(0, static_cast<size_t>(sent));
    }
    char buffer[4096];
    for (;;) {
      const ssize_t got = recv(fd.get(), buffer, sizeof buffer, 0);
      if (got < 0 && errno == EAGAIN) return true;
      if (got <= 0) return false;
      received.append(buffer, static_cast<size_t>(got));
      if (received.size() < 4) continue;
      const size_t size = load_be<uint32_t>(received.data());
      if (size > kAnswerBytesMax) return false;
      if (received.size() < 4 + size) continue;
      control::Frame frame;
      if (frame.ParseFromArray(received.data() + 4, static_cast<int>(size)) && frame.has_response())
        answers.push_back(std::move(*frame.mutable_response()));
      return false;
    }
  }
};

Inquiry::Inquiry() = default;
Inquiry::~Inquiry() = default;
Inquiry::Inquiry(Inquiry&&) noexcept = default;
Inquiry& Inquiry::operator=(Inquiry&&) noexcept = default;

void Inquiry::put(const std::vector<network::Address>& to, const control::Request& request) {
  give_up();
  const std::string bytes = framed(request);
  for (const network::Address& address : to) {
    auto fd = network::connect_tcp(address);
    if (!fd) continue;
    calls_.push_back(std::make_unique<Call>());
    calls_.back()->fd = std::move(*fd);
    calls_.back()->unsent = bytes;
  }
}

void Inquiry::give_up() {
  calls_.clear();
  answers_.clear();
}

bool Inquiry::open() const {
  return !calls_.empty();
}

void Inquiry::add_to(std::vector<pollfd>& entries) const {
  for (const auto& call : calls_) {
    const bool writing = !call->connected || !call->unsent.empty();
    entries.push_back({call->fd.get(), static_cast<short>(writing ? POLLOUT : POLLIN), 0});
  }
}

void Inquiry::handle(const std::vector<pollfd>& entries) {
  std::erase_if(calls_, [&](const std::unique_ptr<Call>& call) {
    const auto entry = std::find_if(entries.begin(), entries.end(), [&](const pollfd& each) { return each.fd == call->fd.get(); });
    return entry != entries.end() && entry->revents != 0 && !call->go_on(entry->revents, answers_);
  });
}

std::vector<control::Response> Inquiry::take_answers() {
  return std::exchange(answers_, {});
}

}  // namespace baton::supervision
