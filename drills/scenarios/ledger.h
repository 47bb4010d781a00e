// The book of a drill: what was acknowledged, what a consumer saw meanwhile, and what is read back at the end; and what follows
// from comparing them. A record is named by its writer and its sequence, "<writer> <sequence>". Pure; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baton::drills {

struct Findings {
  uint64_t acknowledged = 0;
  uint64_t read = 0;
  uint64_t lost = 0;                   // acknowledged, not read back
  uint64_t moved = 0;                  // read back, but not at the offset that was acknowledged
  uint64_t duplicated = 0;             // extra copies
  uint64_t disordered = 0;             // of a writer that keeps order: a sequence below an earlier one's
  uint64_t unreplicated = 0;           // acknowledged by the leader alone, as acks=1 asks, and gone with it: no loss of what was promised
  uint64_t retracted = 0;              // a consumer saw it at an offset where something else, or nothing, is read back
  std::vector<std::string> anomalies;  // the first few records that are lost, unreplicated or moved, each in words

  bool clean() const { return lost + moved + duplicated + disordered + retracted == 0; }
  Findings& operator+=(const Findings& other);
};

class Ledger {
 public:
  // A writer whose records keep their order (an idempotent producer).
  void keeps_order(const std::string& writer) { ordered_.insert(writer); }
  // offset -1: not told (acks=0, or an answer without one).
  void acknowledged(const std::string& writer, uint64_t sequence, int64_t offset);
  // By the leader alone (acks=1), while it led by right: it may go with the leader.
  void acknowledged_by_leader(const std::string& writer, uint64_t sequence, int64_t offset);
  // What the consumer that ran during the drill saw.
  void seen(int64_t offset, std::string_view value);
  // What is read back, in the order of offsets.
  void read_back(int64_t offset, std::string_view value);

  Findings findings() const;

 private:
  struct Record {
    bool acknowledged = false;
    bool by_leader = false;
    int64_t offset = -1;
    uint64_t copies = 0;
    bool in_place = false;
  };
  static std::optional<std::pair<std::string, uint64_t>> parse(std::string_view value);

  std::set<std::string> ordered_;
  std::map<std::string, std::map<uint64_t, Record>> records_;
  std::map<std::string, uint64_t> highest_;
  std::map<int64_t, std::string> seen_, back_;
  uint64_t disordered_ = 0;
};

}  // namespace baton::drills
