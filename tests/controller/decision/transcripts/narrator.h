// What a controller decides, in words that need no knowledge of the code. A line for each thing that it does; milestones and counts,
// which are for timelines, and wake-ups are left out.
#pragma once

#include <functional>
#include <string>

#include "controller/decision/events.h"

namespace baton::decision {

class Narrator {
 public:
  // The topic's name by its id.
  explicit Narrator(std::function<std::string(TopicId)> name_of) : name_of_(std::move(name_of)) {}

  // Empty for what is left out. A write is `asks the store: …`, or `stores: …` where the store confirms at once.
  std::string tell(const Decision& decision, bool prompt_store) const;
  // "t-0: led by 2, epoch 1; in sync 2,3 of 1,2,3"
  std::string describe(const PartitionRecord& record, const std::string& topic) const;

 private:
  std::string describe(const Change& change) const;
  std::string describe(const PutPage& page) const;
  std::string describe(const Orders& orders) const;
  std::string tell(const Publish& publish) const;
  std::string tell(const Reply& reply) const;
  std::string partition(const PartitionKey& key) const;

  std::function<std::string(TopicId)> name_of_;
};

}  // namespace baton::decision
