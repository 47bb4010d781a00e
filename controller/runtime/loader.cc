#include "controller/runtime/loader.h"

#include <cstdlib>

#include "controller/coordination/paths.h"
#include "controller/runtime/convert.h"
#include "controller/runtime/page_form.h"

namespace baton::node {

void Loader::counted(store::Request request, std::function<void(const store::Reply&)> then) {
  ++outstanding_;
  ask_(std::move(request), [this, then = std::move(then)](const store::Reply& reply) {
    --outstanding_;
    if (reply.error != store::StoreError::kOk && reply.error != store::StoreError::kNoNode) {
      incomplete_ = true;
    } else {
      then(reply);
    }
    if (outstanding_ == 0 && !incomplete_) done_();
  });
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
  each_child(paths::kPages, [this](const std::string& name, const store::Reply& reply) {
    control::Page page;
    const int32_t number = std::atoi(name.c_str());
    if (!page.ParseFromString(reply.data) || !load(number, page, loaded_.table)) {
      broken_ = std::string(paths::kPages) + "/" + name;
      return;
    }
    door_.loaded_page(number, reply.data, reply.stat);
  });
  each_child(paths::kTopics, [this](const std::string& name, const store::Reply& reply) {
    control::TopicEntry entry;
    if (!entry.ParseFromString(reply.data)) {
      broken_ = std::string(paths::kTopics) + "/" + name;
      return;
    }
    loaded_.topics.push_back(to_record(name, entry));
    door_.loaded_topic(name, std::move(entry), reply.stat.version);
  });
  each_child(paths::kBrokersRemoved, [this](const std::string& name, const store::Reply& reply) {
    control::RemovedMark mark;
    if (!mark.ParseFromString(reply.data)) {
      broken_ = std::string(paths::kBrokersRemoved) + "/" + name;
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
      broken_ = paths::kOrders;
      return;
    }
    loaded_.orders = to_record(orders, door_.wall_offset());
    door_.loaded_orders(reply.stat.version);
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
      broken_ = paths::kBrokerConfigs;
      return;
    }
    loaded_.broker_configs = to_record(configs);
    door_.loaded_broker_configs(reply.stat.version);
  });
}

}  // namespace baton::node
