// Looks up the names of hosts on threads of its own: the system's look-up blocks for as long as it waits for a name server, tens of
// seconds where none answers, and a reactor that waited with it would miss its lease. Hosts written as numbers need no thread.
//
// A thread lives while there is something to look up. One host is looked up once at a time, however many ask. Nothing is remembered: when a
// host has moved, a process that is not meant may answer, or refuse, at its former address.
//
// Threading: a Resolver is thread-safe; a Lookup belongs to its reactor's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/function.h"
#include "base/network/host_addresses.h"
#include "base/network/reactor.h"

namespace baton::network {

class Resolver {
 public:
  using LookUp = std::function<Result<HostAddresses>(const std::string& host)>;

  explicit Resolver(LookUp look_up = look_up_host);
  // Waits for nobody: a look-up that hangs ends by itself, and is told nobody.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // The one that reactors use unless they are given another.
  static Resolver& of_process();

  // So many names that hang do not keep another from being looked up.
  static constexpr int kThreadsMax = 4;

 private:
  friend class Lookup;
  struct Question;
  struct State;
  void ask(const std::string& host, std::weak_ptr<Question> question, Reactor::Remote remote);
  static void work(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;
};

// One wish at a time. One that is cancelled, destroyed or replaced is never answered.
class Lookup {
 public:
  using Done = Function<void(Result<HostAddresses>)>;

  explicit Lookup(Reactor& reactor) : reactor_(reactor) {}
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  // Within start() where the host is a number; else when the system answers, which may be late: who can not wait cancels.
  void start(const std::string& host, Done done);
  void cancel() { question_.reset(); }

 private:
  Reactor& reactor_;
  std::shared_ptr<Resolver::Question> question_;
};

}  // namespace baton::network
