#include "drills/lab/pages.h"

#include <fmt/format.h>

namespace baton::lab {

const std::vector<Page>& pages() {
  static const std::vector<Page> all = {
      {"zookeeper", "The queue: ephemeral sequential nodes",
       "ZooKeeper's recipes for locks and leader election (P. Hunt, M. Konar, F. Junqueira, B. Reed, \"ZooKeeper: Wait-free Coordination "
       "for "
       "Internet-scale Systems\", USENIX ATC 2010, section 2.4)",
       "Each candidate creates a node that lives as long as its session and bears a growing number. The lowest is nominated; each other "
       "watches only the one before it, so an end wakes one candidate and not all. A death that is proven is not waited for: whoever "
       "stands "
       "behind the dead is nominated at once.",
       "A store that is consistent and ends sessions; a candidate that checks who owns a node which bears its name.",
       "No message between candidates. A candidate that arrives lists the queue and sets two watches; a succession is one notification, "
       "one "
       "list and one or two reads.",
       "The first may not know yet that its session is over, so two believe. The number is an int32 that overflows: it orders the queue "
       "and "
       "must never be taken for an epoch.",
       "Curator's LeaderLatch and LeaderSelector, HBase, Solr; etcd's campaign queues by creation revision under a lease in the same way.",
       "baton lab show zookeeper --fault crash"},
      {"herd", "The herd: one node, watched by all",
       "ZooKeeper's programmers' guide, \"simple\" leader election; Apache Kafka's /controller until 3.x",
       "All try to create one ephemeral node. One succeeds; the rest watch it and try again when it goes.", "The same store.",
       "A succession wakes n-1 candidates, who make n-1 attempts and as many looks.",
       "A stampede on the store at the moment when everybody waits for it; two may believe, as in the queue. A proven death does not help.",
       "Kafka with ZooKeeper", "baton lab show herd --fault crash"},
      {"bully", "The bully: the highest that answers",
       "H. Garcia-Molina, \"Elections in a Distributed Computing System\", IEEE Transactions on Computers C-31(1), 1982",
       "Who misses the leader asks all above itself. An answer means: leave it to me. Without an answer in time the asker is the highest "
       "and "
       "tells everybody. A node that returns asks too, and takes over if it is the highest.",
       "Messages arrive in time and nobody is slow: silence means death. Everybody knows all ranks.",
       "1 question at best, (n-1)^2 questions and answers at worst, then an announcement to each. Two delays and a time-out.",
       "Every part of a partition elects its highest; a slow leader acts beside its successor; a high node that comes and goes takes the "
       "lead each time.",
       "MongoDB's first replica sets ranked candidates in this spirit; its priority take-over still does, after a vote.",
       "baton lab show bully --fault partition --no-claim"},
      {"ring", "The ring: only the highest name comes round",
       "E. Chang, R. Roberts, \"An Improved Algorithm for Decentralized Extrema-Finding in Circular Configurations of Processes\", CACM "
       "22(5), 1979",
       "Each sends its name to its neighbour. A higher name is passed on, a lower one is swallowed; whose own name returns is elected, and "
       "says "
       "so around the ring. Neighbours that do not acknowledge are passed over.",
       "A ring, in which silence means death.",
       "n H(n) messages on the mean of random orders if all begin; 2n-1 at best, n(n+1)/2 at worst. Up to 2n hops one after the other.",
       "Each part of a partition closes its own ring. Two who disagree about who is silent walk different rings until an election fails.",
       "Token rings of old; Cassandra's and Riak's rings place data and elect nobody.", "baton lab show ring --fault crash"},
      {"hirschberg-sinclair", "Hirschberg–Sinclair: conquer the neighbourhood first",
       "D. S. Hirschberg, J. B. Sinclair, \"Decentralized Extrema-Finding in Circular Configurations of Processors\", CACM 23(11), 1980",
       "A candidate asks 2^k neighbours on both sides whether one ranks above it, for k = 0, 1, 2 and so on. Each phase leaves at most one "
       "candidate in 2^k+1; "
       "whose probe comes round is elected.",
       "As the ring, in both directions.", "At most 8n(1 + log2 n) messages whatever the order; about 4n hops.", "As the ring.",
       "A lesson more than a product: the bound O(n log n) can not be beaten by comparing names.",
       "baton lab run --electors ring,hirschberg-sinclair --nodes 10,100 --faults none"},
      {"raft", "Raft: a majority's votes in a term",
       "D. Ongaro, J. Ousterhout, \"In Search of an Understandable Consensus Algorithm\", USENIX ATC 2014; D. Ongaro's dissertation, 2014",
       "After a random time without a leader a node asks whether it would be elected (pre-vote), raises its term and asks for votes. A "
       "voter gives one "
       "vote a term and keeps it on disk. A leader that a majority no longer answers gives up before another can be elected.",
       "A majority of a fixed list of voters; durable terms and votes; for the leader's lease, clocks of one speed.",
       "4(n-1) messages with pre-vote, 2(n-1) without; then a beat and its answer for each.",
       "Stopped between its look at the lease and its deed, a leader acts late: only a token keeps that out. Split votes cost a time-out.",
       "etcd, KRaft (Kafka without ZooKeeper), Consul, CockroachDB and TiKV for each range, MongoDB's protocol version 1 in its elections.",
       "baton lab show raft --fault partition"},
      {"paxos", "Paxos: a decree for each epoch, and a master's lease",
       "L. Lamport, \"The Part-Time Parliament\", TOCS 16(2), 1998; T. Chandra, R. Griesemer, J. Redstone, \"Paxos Made Live\", PODC 2007",
       "One single-decree instance decides who is the master of an epoch: prepare and promise, accept and accepted. To accept is to grant "
       "a lease, while "
       "which no later epoch is promised to another.",
       "A majority; durable promises; clocks of one speed for the lease; whoever restarts waits one lease before it promises.",
       "4(n-1) messages and an announcement to each; then a renewal and its answer for each.",
       "Two proposers may outbid each other for ever; a random pause makes that unlikely. A stopped master acts late, as in Raft.",
       "Google's Chubby; Cassandra's lightweight transactions are single-decree Paxos for each row, with no master.",
       "baton lab show paxos --fault pause"},
      {"lease", "The lease: a record that is compared and set",
       "C. Gray, D. Cheriton, \"Leases\", SOSP 1989; the leaderelection package of Kubernetes' client-go",
       "The holder renews a record in the store; whoever has seen it unchanged for its whole length, on its own clock, may take it. The "
       "holder gives up "
       "earlier than that.",
       "A store with compare-and-set; clocks of one speed.",
       "A read and a write each retry period for the holder, a read for each other; no messages.",
       "client-go says so itself: it does not fence. A holder that is stopped and goes on writes after its successor.",
       "Kubernetes' controllers and schedulers, the AWS and DynamoDB lock clients.", "baton lab show lease --fault pause --no-claim"},
      {"template", "The template: the lowest that is heard",
       "T. Chandra, V. Hadzilacos, S. Toueg, \"The Weakest Failure Detector for Solving Consensus\", JACM 43(4), 1996, for the oracle "
       "Omega",
       "Everybody says every beat that it lives; the lowest heard not long ago leads. Copy drills/lab/template_elector.* and change the "
       "rule.",
       "Silence means death.", "n(n-1) messages each beat, none for an election.",
       "As the bully in a partition; and every wish for another leader is refused.",
       "Gossip-based designs that take the oldest or lowest member for leader (Akka's cluster singleton).",
       "baton lab show template --fault crash --no-claim"},
  };
  return all;
}

namespace {

std::string wrapped(std::string_view label, std::string_view text, size_t width) {
  constexpr size_t kIndent = 10;
  std::string out = fmt::format("{:<{}}", label, kIndent);
  size_t column = kIndent;
  while (!text.empty()) {
    const size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    if (column + word.size() > width && column > kIndent) {
      out += "\n" + std::string(kIndent, ' ');
      column = kIndent;
    }
    out += word;
    column += word.size() + 1;
    if (blank == std::string_view::npos) break;
    out += " ";
    text.remove_prefix(blank + 1);
  }
  return out + "\n";
}

}  // namespace

std::string print(const Page& page, size_t width) {
  std::string out = fmt::format("{}\n\n", page.title);
  const std::pair<std::string_view, std::string_view> parts[] = {
      {"Source", page.source}, {"Idea", page.idea}, {"Assumes", page.assumes}, {"Costs", page.costs},
      {"Breaks", page.breaks}, {"Kin", page.kin},   {"See", page.see}};
  for (const auto& [label, text] : parts) out += wrapped(label, text, width);
  return out;
}

std::string to_markdown(const Page& page) {
  return fmt::format("### {}\n`{}` · {}.\n\n{}\n\n- *Assumes:* {}\n- *Costs:* {}\n- *Breaks by itself:* {}\n- *Kin:* {}\n- *See:* `{}`\n",
                     page.title, page.elector, page.source, page.idea, page.assumes, page.costs, page.breaks, page.kin, page.see);
}

}  // namespace baton::lab
