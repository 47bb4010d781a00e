#include "base/network/resolver.h"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"

namespace baton::network {
namespace {

// A look-up that takes longer is worth a line in the log.
constexpr Duration kSlow = std::chrono::seconds(1);
// Names whose failure has been logged. Strangers may name any (R6's hellos), so they are finite.
constexpr size_t kFailingKept = 1000;

}  // namespace

// The asker's. Held by its reactor's thread alone: on another thread its callback, and what that owns, might be destroyed there.
struct Resolver::Question {
  Lookup::Done done;
};

struct Resolver::State {
  struct Asker {
    std::weak_ptr<Question> question;
    Reactor::Remote remote;

    void tell(const Result<HostAddresses>& found) const {
      remote.post([weak = question, found]() mutable {
        if (auto held = weak.lock()) std::exchange(held->done, nullptr)(std::move(found));
      });
    }
  };
  struct Asked {
    Instant since;
    bool complained = false;
    std::vector<Asker> by;
  };

  explicit State(LookUp how) : look_up(std::move(how)) {}

  // The next name that somebody still waits for.
  std::optional<std::string> next() {
    while (!waiting.empty()) {
      std::string host = std::move(waiting.front());
      waiting.pop_front();
      const auto at = asked.find(host);
      if (std::any_of(at->second.by.begin(), at->second.by.end(), [](const Asker& each) { return !each.question.expired(); })) return host;
      asked.erase(at);
    }
    return std::nullopt;
  }

  // Once for each name that begins to fail: dials are tried again and again.
  void log_outcome(const std::string& host, const Result<HostAddresses>& found) {
    if (found) {
      if (failing.erase(host) != 0) log::info("{} can be looked up again", host);
      return;
    }
    if (failing.size() >= kFailingKept) failing.clear();
    if (failing.insert(host).second) log::warn("{}; it is asked for again at every attempt to connect", found.error().message);
  }

  const LookUp look_up;
  const SystemClock clock;
  std::mutex mutex;  // guards all below; not held while the system is asked
  std::map<std::string, Asked> asked;
  std::deque<std::string> waiting;  // those of `asked` that no thread has begun with
  std::set<std::string> failing;
  int threads = 0;
};

Resolver::Resolver(LookUp look_up) : state_(std::make_shared<State>(std::move(look_up))) {}
Resolver::~Resolver() = default;

Resolver& Resolver::of_process() {
  static auto* const resolver = new Resolver();  // never destroyed: it may be asked until the last reactor is gone
  return *resolver;
}

void Resolver::ask(const std::string& host, std::weak_ptr<Question> question, Reactor::Remote remote) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  const Instant now = state.clock.now();
  auto [at, is_new] = state.asked.try_emplace(host);
  State::Asked& asked = at->second;
  std::erase_if(asked.by, [](const State::Asker& each) { return each.question.expired(); });
  asked.by.push_back({std::move(question), std::move(remote)});
  if (!is_new) {
    if (!asked.complained && now - asked.since > kSlow) {
      asked.complained = true;
      log::warn("looking up {} has been taking {} ms: do the name servers answer? Nothing can connect to it meanwhile", host,
                (now - asked.since) / std::chrono::milliseconds(1));
    }
    return;
  }
  asked.since = now;
  state.waiting.push_back(host);
  if (state.threads >= kThreadsMax) return;
  try {
    std::thread([held = state_] { work(held); }).detach();
    ++state.threads;
  } catch (const std::system_error& error) {
    if (state.threads > 0) return;  // those that there are will come to it
    const auto failed = fail(ErrorCode::kNetworkException, "can not look up " + host + ": no thread can be started: " + error.what());
    for (const State::Asker& each : asked.by) each.tell(failed);
    state.waiting.clear();
    state.asked.erase(at);
  }
}

void Resolver::work(const std::shared_ptr<State>& state) {
  pthread_setname_np(pthread_self(), "baton-resolver");
  std::unique_lock lock(state->mutex);
  while (const auto host = state->next()) {
    lock.unlock();
    const Result<HostAddresses> found = state->look_up(*host);
    lock.lock();
    state->log_outcome(*host, found);
    const auto answered = state->asked.extract(*host);
    for (const State::Asker& each : answered.mapped().by) each.tell(found);
  }
  --state->threads;
}

void Lookup::start(const std::string& host, Done done) {
  cancel();
  if (HostAddresses known = numeric_addresses(host); !known.empty()) return done(std::move(known));
  question_ = std::make_shared<Resolver::Question>(Resolver::Question{std::move(done)});
  reactor_.resolver().ask(host, question_, reactor_.remote());
}

}  // namespace baton::network
