// The one fenced door: every write of a controller goes through here, and nothing else writes the controller's nodes. Each
// multi begins with the check of /controller_epoch's version, so a deposed controller can not change anything (R2, R3).
//
// The door keeps the stored form of what it writes (pages, topic entries, marks) with their versions, so that a rewrite is
// conditional and fields that this version does not know survive it. An unclear outcome is resolved by writing again,
// conditionally: where the first try took effect, the second is refused by a version, which says just that (R8).
//
// A write may be begun while the one before is under way (controller/decision says when); it is submitted behind that one's last multi,
// and a store takes the calls of a session in their order.
//
// Pure: store calls go out, replies come in, in the order of the calls.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controller/coordination/store.h"
#include "controller/decision/events.h"
#include "controller/messages/control.pb.h"
#include "controller/runtime/page_form.h"

namespace baton::node {

class Door {
 public:
  enum class Outcome {
    kWaiting,    // more is under way
    kConfirmed,  // all of the oldest write stands, see take_confirmed()
    kRefused,    // a broker's registration has moved on: read it again, decide again
    kDeposed,    // another epoch rules: nothing of what was in flight after the last confirmation stands
    kBroken,     // the store holds what a controller of this epoch can not have left: stop and say so
  };

  // `wall_offset`: the wall clock less the clock of the events.
  Door(ControllerEpoch epoch, StoreVersion epoch_version, Duration wall_offset)
      : epoch_(epoch), epoch_version_(epoch_version), wall_offset_(wall_offset) {}

  // ---- what was read at activation --------------------------------------------------------------------------------------
  void loaded_page(int32_t number, const control::Page& page, const store::Stat& stat);
  void loaded_topic(const std::string& name, control::TopicEntry entry, StoreVersion version);
  void loaded_mark(BrokerId id, StoreVersion version) { marks_[id] = version; }
  void loaded_producer_ids(StoreVersion version) { producer_ids_ = version; }
  void loaded_orders(control::Orders orders, StoreVersion version) { orders_ = {std::move(orders), version}; }
  Duration wall_offset() const { return wall_offset_; }
  void loaded_broker_configs(control::BrokerConfigs configs, StoreVersion version) { broker_configs_ = {std::move(configs), version}; }
  void loaded_metadata_version(StoreVersion version) { metadata_version_ = version; }
  // Kept current by whoever reads /brokers: the tombstone rewrites this record.
  void seen_registration(BrokerId id, control::Registration record, bool id_present);

  // ---- writing --------------------------------------------------------------------------------------------------------
  // At the level of the metadata that stands (base/metadata_version.h). REQUIRES: no write with tombstones is under way.
  void begin(const decision::Write& write, int32_t level);
  // The multi to submit now; none when nothing is to be done (or only after a reply, or a reconnection).
  std::optional<store::Multi> next();
  Outcome replied(const store::Reply& reply);
  // The oldest write is done with, if all of it stands; false: there is none such. From now on its pages have the versions of what it
  // made of them, so whoever asks next has to have told the brokers of this write before.
  bool take_confirmed();
  // The connection is back: what was unclear is to be written again.
  void reconnected() { blocked_ = false; }
  bool idle() const { return batches_.empty(); }
  // For history: a node's new data under the same check, in a multi of its own that no write waits for. `version`: none creates it.
  store::Multi beside(std::string path, std::string data, StoreVersion version) const;

  // The mzxid of each page, for the exchange at a stream's start (R7); 0: not known.
  const std::map<int32_t, int64_t>& page_versions() const { return page_mzxids_; }
  // REQUIRES: the page is in page_versions().
  const PageNature& nature(int32_t page) const { return pages_.at(page).nature; }
  // A multi tells the transactions of the nodes that it set, not of those that it made: pages that were made together since this was
  // last asked, and whose transaction one look at any of them tells.
  std::vector<std::vector<int32_t>> take_undated() { return std::exchange(undated_, {}); }
  // False: it is not what was made then.
  bool date(const std::vector<int32_t>& pages, const store::Stat& stat);

 private:
  struct StoredPage {
    std::string page;      // as bytes: a page is rewritten seldom, and there may be thousands
    StoreVersion version;  // none: not created yet
    PageNature nature;
  };
  struct StoredTopic {
    control::TopicEntry entry;
    StoreVersion version;
  };
  template <class Message>
  struct Stored {
    Message message;
    StoreVersion version;
  };
  struct Batch {
    std::vector<store::Op> ops;
    std::vector<int32_t> pages;  // page of each op, -1 for none
    bool tombstones = false;
    bool last = false;  // of its write
    size_t bytes = 0;
    enum class State { kWaiting, kUnderWay, kStands } state = State::kWaiting;
    bool unclear = false;  // it may have taken effect already
    store::Reply reply;    // once it stands
  };

  void add(store::Op op, int32_t page, bool tombstone, size_t bytes);
  void write_page(const decision::PutPage& change, int32_t level);
  void write_topic(const decision::PutTopic& change);
  void remove_topic(const std::string& name);
  void write_tombstone(const decision::Tombstone& change);
  void write_mark(const decision::PutMark& change);
  void write_producer_ids(int64_t next);
  void write_orders(const decision::Orders& orders);
  void write_broker_configs(const decision::BrokerConfigs& configs);
  void write_metadata_version(int32_t level);
  template <class Message>
  void write_whole(const char* path, Message message, Stored<Message>& stored);
  Outcome confirmed(Batch& batch, const store::Reply& reply);
  void date_pages_of(const Batch& batch);
  // One after the last batch of the oldest write, if all of that stands.
  std::deque<Batch>::iterator end_of_confirmed();
  bool may_submit(size_t batch) const;

  ControllerEpoch epoch_;
  StoreVersion epoch_version_;
  std::map<int32_t, StoredPage> pages_;
  std::map<int32_t, int64_t> page_mzxids_;
  std::vector<std::vector<int32_t>> undated_;
  std::map<std::string, StoredTopic> topics_;
  std::map<BrokerId, StoreVersion> marks_;
  StoreVersion producer_ids_;
  Stored<control::Orders> orders_;
  Duration wall_offset_;
  Stored<control::BrokerConfigs> broker_configs_;
  StoreVersion metadata_version_;
  struct SeenRegistration {
    control::Registration record;
    bool id_present = false;
  };
  std::map<BrokerId, SeenRegistration> registrations_;

  std::deque<Batch> batches_;  // in order
  bool blocked_ = false;
};

}  // namespace baton::node
