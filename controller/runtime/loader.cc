#include "controller/runtime/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/metadata_version.h"
#include "base/mutants.h"
#include "controller/coordination/paths.h"
#include "controller/messages/columns.h"
#include "controller/runtime/convert.h"
#include "controller/runtime/page_form.h"

namespace baton::node {
namespace {

std::string name_of(int32_t page) {
  return paths::page(page).substr(sizeof paths::kPages);
}

// Makes of an image what the wanted pages hold.
class PageGatherer {
 public:
  PageGatherer(const agent::Image& image, std::map<int32_t, control::Page>& wanted) : image_(image), wanted_(wanted) {}

  void add(const decision::PartitionKey& key, const decision::PageTable::Slot& slot) {
    const agent::TopicImage* topic = image_.find(key.topic);
    if (topic == nullptr || !turn_to(key.topic, topic->name, slot.page)) return;
    const decision::PageTable& table = image_.partitions();
    if (table.beside(key)) {
      control::PlainPartition plain;
      control::ReplicaBuffer buffer;
      // What is not plain is not of a plain page: that will be found to be short of it.
      if (to_plain(table.record(key, slot), buffer, plain)) control::append(plain, *row_->mutable_columns());
      return;
    }
    decision::PageTable::ReplicaIds ids;
    control::append(agent::to_plain(key.index, table.row(slot, ids)), *row_->mutable_columns());
  }

 private:
  // The row of this topic on this page; false where the page is not wanted.
  bool turn_to(const TopicId& topic, const std::string& name, int32_t number) {
    if (row_ != nullptr && topic == topic_ && number == number_) return true;
    auto page = wanted_.find(number);
    if (page == wanted_.end()) return false;
    topic_ = topic;
    number_ = number;
    for (control::PageTopic& known : *page->second.mutable_topics()) {
      if (known.topic_id() != topic.raw()) continue;
      row_ = &known;
      return true;
    }
    row_ = page->second.add_topics();
    row_->set_topic_id(std::string(topic.raw()));
    row_->set_name(name);
    return true;
  }

  const agent::Image& image_;
  std::map<int32_t, control::Page>& wanted_;
  TopicId topic_;
  int32_t number_ = -1;
  control::PageTopic* row_ = nullptr;
};

}  // namespace

void Loader::counted(store::Request request, std::function<void(const store::Reply&)> then) {
  ++outstanding_;
  ask_(std::move(request), [this, then = std::move(then)](const store::Reply& reply) {
    --outstanding_;
    if (reply.error != store::StoreError::kOk && reply.error != store::StoreError::kNoNode) {
      incomplete_ = true;
    } else {
      then(reply);
    }
    if (outstanding_ == 0 && !incomplete_) finish();
  });
}

void Loader::finish() {
  if (!take_kept()) return;
  done_();
}

void Loader::too_new(std::string why) {
  broken_ = std::move(why);
  outdated_ = true;
}

void Loader::read_level() {
  loaded_.metadata_version = 0;
  counted(store::Get{paths::kMetadataVersion, false}, [this](const store::Reply& reply) {
    if (!reply.ok()) return;
    const auto level = metadata_level(reply.data);
    if (!level) return unreadable(paths::kMetadataVersion);
    if (*level > known_) return too_new(outdated_process(*level, known_));
    loaded_.metadata_version = *level;
    door_.loaded_metadata_version(reply.stat.version);
  });
}

void Loader::start_pages() {
  counted(store::Children{paths::kPages, false}, [this](const store::Reply& reply) {
    for (const std::string& name : reply.children) {
      auto known = image_.pages().find(std::atoi(name.c_str()));
      const bool whole = known != image_.pages().end() && known->second.plain && known->second.mzxid != 0;
      whole ? check_page(name) : read_page(name);
    }
  });
}

void Loader::check_page(const std::string& name) {
  counted(store::Exists{std::string(paths::kPages) + "/" + name, false}, [this, name](const store::Reply& reply) {
    if (!reply.ok()) return;
    const int32_t number = std::atoi(name.c_str());
    auto known = image_.pages().find(number);
    const bool same = known != image_.pages().end() && known->second.plain && known->second.mzxid == reply.stat.mzxid;
    if (!same && !BATON_MUTANT(stale_page_kept)) return read_page(name);
    kept_[number] = reply.stat;
  });
}

void Loader::read_page(const std::string& name) {
  counted(store::Get{std::string(paths::kPages) + "/" + name, false}, [this, name](const store::Reply& reply) {
    if (!reply.ok()) return;
    ++pages_read_;
    control::Page page;
    const int32_t number = std::atoi(name.c_str());
    const bool parsed = page.ParseFromString(reply.data);
    if (parsed && version_of(page) > known_) {
      return too_new(fmt::format("{}/{} is of metadata version {}: {}", paths::kPages, name, version_of(page),
                                 outdated_process(version_of(page), known_)));
    }
    if (!parsed || !load(number, page, loaded_.table)) {
      unreadable(std::string(paths::kPages) + "/" + name);
      return;
    }
    door_.loaded_page(number, page, reply.stat);
  });
}

bool Loader::take_kept() {
  std::map<int32_t, control::Page> pages;
  for (auto at = kept_.begin(); at != kept_.end();) {
    auto known = image_.pages().find(at->first);
    const bool still =
        known != image_.pages().end() && known->second.plain && (known->second.mzxid == at->second.mzxid || BATON_MUTANT(stale_page_kept));
    const int32_t number = at->first;
    if (still) pages[number].set_metadata_version(kMetadataSingles);
    at = still ? std::next(at) : kept_.erase(at);
    if (!still) read_page(name_of(number));
  }
  if (outstanding_ > 0) return false;
  PageGatherer gatherer(image_, pages);
  image_.partitions().each([&](const decision::PartitionKey& key, const decision::PageTable::Slot& slot) { gatherer.add(key, slot); });
  for (const auto& [number, page] : pages) {
    const bool all_there = nature_of(page).partitions == image_.pages().at(number).partitions;
    if (!all_there || !load(number, page, loaded_.table)) {
      read_page(name_of(number));
      continue;
    }
    door_.loaded_page(number, page, kept_.at(number));
    ++pages_kept_;
  }
  kept_.clear();
  return outstanding_ == 0;
}

void Loader::each_child(const char* parent, std::function<void(const std::string&, const store::Reply&)> then) {
  counted(store::Children{parent, false}, [this, parent, then = std::move(then)](const store::Reply& reply) {
    for (const std::string& name : reply.children) {
      counted(store::Get{std::string(parent) + "/" + name, false}, [name, then](const store::Reply& each) {
        if (each.ok()) then(name, each);
      });
    }
  });
}

void Loader::start() {
  incomplete_ = false;
  loaded_ = {};
  kept_.clear();
  pages_read_ = pages_kept_ = 0;
  read_level();
  start_pages();
  each_child(paths::kTopics, [this](const std::string& name, const store::Reply& reply) {
    control::TopicEntry entry;
    if (!entry.ParseFromString(reply.data)) {
      unreadable(std::string(paths::kTopics) + "/" + name);
      return;
    }
    loaded_.topics.push_back(to_record(name, entry));
    door_.loaded_topic(name, std::move(entry), reply.stat.version);
  });
  each_child(paths::kBrokersRemoved, [this](const std::string& name, const store::Reply& reply) {
    control::RemovedMark mark;
    if (!mark.ParseFromString(reply.data)) {
      unreadable(std::string(paths::kBrokersRemoved) + "/" + name);
      return;
    }
    const BrokerId id(std::atoi(name.c_str()));
    loaded_.marks.push_back({id, Incarnation(Uuid::from_bytes(mark.incarnation()))});
    door_.loaded_mark(id, reply.stat.version);
  });
  counted(store::Get{paths::kOrders, false}, [this](const store::Reply& reply) {
    if (!reply.ok()) return;
    control::Orders orders;
    if (!orders.ParseFromString(reply.data)) {
      unreadable(paths::kOrders);
      return;
    }
    loaded_.orders = to_record(orders, door_.wall_offset());
    door_.loaded_orders(std::move(orders), reply.stat.version);
  });
  counted(store::Get{paths::kProducerIds, false}, [this](const store::Reply& reply) {
    if (!reply.ok()) return;
    loaded_.next_producer_id = std::atoll(reply.data.c_str());
    door_.loaded_producer_ids(reply.stat.version);
  });
  counted(store::Get{paths::kBrokerConfigs, false}, [this](const store::Reply& reply) {
    if (!reply.ok()) return;
    control::BrokerConfigs configs;
    if (!configs.ParseFromString(reply.data)) {
      unreadable(paths::kBrokerConfigs);
      return;
    }
    loaded_.broker_configs = to_record(configs);
    door_.loaded_broker_configs(std::move(configs), reply.stat.version);
  });
}

}  // namespace baton::node
