// The policies of placement and balance, under the simulator's eyes: each choice at the moment at which a controller makes it, against
// what it knows then; and where everything stands at last, when nothing happens any more, against what is true.
//
// The choices hang on the two things that a controller can do to a leadership: submit a page that names another leader, and ask a leader
// for its word. Both are looked at before the world can have changed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "tests/simulation/data_cluster.h"

namespace baton::simulation {

class PolicyChecks {
 public:
  // `data` outlives it. Hears of everything from now on, beside who did before.
  explicit PolicyChecks(DataCluster& data);

  // Everybody is alive and no fault is under way any more: within the limit every leadership stands where the policies want it, and then
  // none moves for as long as several of their rounds take.
  void come_to_rest(Duration limit);

 private:
  using PartitionAt = std::tuple<std::string, int32_t, int32_t>;  // topic id, index, an epoch

  void submitted(int process, const store::Request& request);
  void check_placement(const decision::Controller& controller, const control::Partition& state);
  void check_choice(const decision::Controller& controller, const std::string& topic_id, const decision::PartitionRecord& former,
                    const control::Partition& state);
  void asked(int process, const control::Yield& question);
  void told(const control::Frame& frame);
  void written(const store::Multi& multi);
  void page_written(const control::Partition& before, const control::Partition& after);
  Duration away_for(BrokerId id) const;

  struct Unmet {
    std::string_view invariant;
    std::string what;
  };
  // What does not stand yet where it ought to.
  std::optional<Unmet> unmet();
  std::optional<Unmet> unmet(const decision::Controller& controller, const decision::PartitionKey& key, const control::Partition& state);
  std::optional<Unmet> unbalanced(const decision::Controller& controller);
  bool fit(const decision::Controller& controller, const decision::PartitionKey& key, int id) const;
  int64_t load(const decision::PartitionKey& key) const;
  Instant now() const { return data_.cluster.scheduler.now(); }

  DataCluster& data_;
  std::set<std::pair<PartitionAt, int32_t>> submitted_;  // by partition epoch and controller epoch: what is unclear is written again
  std::map<PartitionAt, Instant> words_;                 // by leader epoch: when the first word arrived
  Instant last_change_{};                                // of any leader
  // As the present rule can know it.
  Instant ruled_since_{};
  std::map<BrokerId, Instant> entered_;  // when it last entered an ISR
  std::map<BrokerId, int> deaths_;
};

}  // namespace baton::simulation
