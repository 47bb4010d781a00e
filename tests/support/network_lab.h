// A network of one's own, inside this process: hosts with addresses, and a firewall between them that can be told to drop packets
// or to answer them with resets. It lies in a user and network namespace, so it needs no rights and never touches the rules or
// the interfaces of the machine. The test itself sits on the router: it reaches every host, whatever the firewall does between
// hosts. Not thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace baton::support {

class NetworkLab {
 public:
  // First thing in main: starts the program again inside the namespaces, or ends it with a sentence that says what to do.
  static void enter(char** argv);

  // Aborts, with the command's own words, when something can not be set up: a test that needs a network fails loudly.
  NetworkLab();

  // Returns the new host's number, from 0.
  int add_host();
  // Where it is reached, numeric.
  std::string address(int host) const;
  // What to put before a command so that it runs on that host. The pid is the command's own.
  std::vector<std::string> launcher(int host) const;

  // Packets between the two vanish: silence.
  void drop(int a, int b) { forbid(a, b, "drop"); }
  // Each packet between the two is answered with a reset, as a firewall does that rejects; nothing passes.
  void reset(int a, int b) { forbid(a, b, "reject with tcp reset"); }
  // Packets from one to the other vanish; the other direction works.
  void drop_one_way(int from, int to);
  // Everything passes again.
  void heal();
  // How many packets the rules have stopped since the last change: a firewall that stopped nothing tests nothing.
  long stopped() const;

 private:
  void forbid(int a, int b, const std::string& verdict);
  void apply();

  TempDir dir_;
  std::vector<ChildProcess> holders_;  // each keeps a host's namespace
  std::vector<std::string> rules_;
};

}  // namespace baton::support
