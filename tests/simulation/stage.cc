#include "tests/simulation/stage.h"

#include <fmt/format.h>

#include <sstream>

#include "controller/coordination/paths.h"
#include "partitions/log/record_batch.h"
#include "tests/simulation/operator.h"

namespace baton::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::duration;
using support::number;
using support::numbers;

tl::unexpected<Error> senseless(std::string why) {
  return fail(ErrorCode::kInvalidRequest, std::move(why));
}

}  // namespace

Result<std::string> Stage::carry_out(const std::string& command) {
  Words words(command);
  const std::string verb = words.next();
  if (verb != "cluster" && !data_) return senseless("a transcript begins with its cluster");
  if (Status outcome = perform(verb, words); !outcome) return tl::unexpected(outcome.error());
  if (!words.rest().empty()) return senseless(fmt::format("'{}' means nothing here", words.rest()));
  std::string said;
  for (const std::string& line : witness_->take()) said += line + "\n";
  if (data_->violation()) said += "BROKEN: " + *data_->violation() + "\n";
  return said;
}

Status Stage::perform(const std::string& verb, Words& words) {
  if (verb == "cluster") return set_up(words);
  if (verb == "topic") return about_topic(words);
  if (verb == "write") return write(words);
  if (verb == "look") return look(words);
  if (verb == "load" || verb == "slow" || verb == "fast") return about_use(verb, words);
  if (verb == "pass") {
    data_->step(duration(words.next()));
    return {};
  }
  if (verb == "wait") {
    wait();
    return {};
  }
  return about_broker(verb, words);
}

// cluster brokers 1,2,3 [balanced] [by-load] [avoid-slow 50]: 1 is started first, and rules.
Status Stage::set_up(Words& words) {
  ClusterOptions options;
  const std::vector<int> ids = numbers(words.after("brokers"));
  options.brokers = static_cast<int>(ids.size());
  options.balance.automatic = words.has("balanced");
  options.balance.by_load = words.has("by-load");
  options.balance.check_interval = seconds(30);
  options.balance.slow_append = milliseconds(number(words.after("avoid-slow")));
  data_ = std::make_unique<DataCluster>(options, 0);
  data_->usage.report_every = seconds(1);
  witness_ = std::make_unique<Witness>(*data_);
  for (int id : ids) {
    cluster().start(id);
    if (!cluster().run_until([&] { return cluster().ruler() != 0; }, seconds(5))) return senseless("nobody rules");
    wait();
  }
  return {};
}

// topic t [partitions 3] replicas 1,2,3
Status Stage::about_topic(Words& words) {
  const std::string name = words.next();
  const int partitions = std::max(1, number(words.after("partitions")));
  cluster().create_topic(name, partitions, numbers(words.after("replicas")));
  wait();
  return {};
}

// kill 1 | kill 1 after its tombstone | start 1 | leave 1 | pause 1 | resume 1 | drain 1 | undrain 1
Status Stage::about_broker(const std::string& verb, Words& words) {
  const int id = number(words.next());
  if (id < 1 || id > cluster().options.brokers) return senseless("there is no such command, or no such broker");
  const std::string after = words.after("its");
  if (verb == "kill" && words.has("after")) {
    doomed_ = {id, after};
    kill_after(id, after);
  } else if (verb == "kill") {
    cluster().kill(id);
  } else if (verb == "start") {
    if (cluster().process(id).alive()) return senseless("it is running");
    cluster().start(id);
  } else if (verb == "leave") {
    data_->leave(id);
  } else if (verb == "pause") {
    cluster().process(id).pause();
  } else if (verb == "resume") {
    cluster().process(id).resume();
  } else if (verb == "drain" || verb == "undrain") {
    order_broker(cluster(), id, verb == "drain" ? control::DRAIN : control::NONE);
  } else {
    return senseless("no such command");
  }
  return {};
}

// Once, before it hears that the store has taken the write.
void Stage::kill_after(int id, const std::string& what) {
  const std::string path = what == "tombstone" ? paths::kBrokerEpochs : what == "pages" ? paths::kPages : paths::kBrokersRemoved;
  cluster().on_write = [this, id, path, what, also = cluster().on_write](int process, const store::Multi& multi) {
    also(process, multi);
    const bool meant = std::any_of(multi.ops.begin(), multi.ops.end(), [&path](const store::Op& op) {
      const auto* set = std::get_if<store::SetData>(&op);
      return set != nullptr && set->path.compare(0, path.size(), path) == 0;
    });
    if (!doomed_ || process != id || !meant) return;
    doomed_.reset();
    cluster().scheduler.after(Duration(0), [this, id, what] {
      witness_->say(fmt::format("broker {} is killed, and never hears that this is stored", id));
      cluster().kill(id);
    });
  };
}

// load t-0=60,t-1=20 (megabytes a second) | slow 2 | fast 2
Status Stage::about_use(const std::string& verb, Words& words) {
  const std::string what = words.next();
  if (verb == "slow") data_->usage.slow.insert(number(what));
  if (verb == "fast") data_->usage.slow.erase(number(what));
  if (verb != "load") return {};
  std::istringstream loads(what);
  for (std::string each; std::getline(loads, each, ',');) {
    const size_t dash = each.find('-');
    const size_t equals = each.find('=');
    if (dash == std::string::npos || equals == std::string::npos) return senseless("a load is partition=megabytes");
    data_->usage.loads[{each.substr(0, dash), number(each.substr(dash + 1, equals - dash - 1))}] =
        int64_t{1'000'000} * number(each.substr(equals + 1));
  }
  return {};
}

// write 20 to t-0: by whoever leads it, at acks=all.
Status Stage::write(Words& words) {
  const int count = number(words.next());
  const std::string partition = words.after("to");
  const size_t dash = partition.rfind('-');
  const int index = dash == std::string::npos ? -1 : number(partition.substr(dash + 1));
  const control::Partition* state = index < 0 ? nullptr : cluster().partition(partition.substr(0, dash), index);
  if (state == nullptr || state->leader() == -1) return senseless("nobody leads that partition");
  control::TopicEntry entry;
  entry.ParseFromString(cluster().store->tree().find(paths::topic(partition.substr(0, dash)))->data);
  const RoleKeeper::Key key{TopicId(Uuid::from_bytes(entry.topic_id())), index};
  const int leader = state->leader();
  int acknowledged = 0;
  for (int i = 0; i < count && data_->broker(leader) != nullptr; ++i) {
    RecordBatchBuilder builder;
    builder.add(1'700'000'000'000, std::nullopt, "record " + std::to_string(i));
    data_->broker(leader)->produce(key, builder.build(), -1, [&acknowledged](DataBroker::Acknowledgement answer) {
      acknowledged += answer.error == ErrorCode::kNone;
    });
  }
  data_->step_until([&] { return acknowledged == count; }, seconds(1));
  data_->step(milliseconds(100));
  witness_->say(fmt::format("broker {} has acknowledged {} of {} records", leader, acknowledged, count));
  return {};
}

Status Stage::look(Words&) {
  witness_->say(cluster().ruler() == 0 ? "nobody rules" : fmt::format("broker {} rules", cluster().ruler()));
  data_->every_partition([&](const std::string& topic_id, const control::Partition& state) {
    std::string logs;
    const RoleKeeper::Key key{TopicId(Uuid::from_bytes(topic_id)), state.index()};
    for (const int32_t id : state.replicas()) {
      Replica* replica = data_->broker(id) == nullptr ? nullptr : data_->broker(id)->replica(key);
      const std::string end = replica == nullptr || !replica->has_log() ? "is away" : fmt::format("has {}", replica->log().end_offset());
      logs += fmt::format("{}{} {}", logs.empty() ? "" : ", ", id, end);
    }
    witness_->say(fmt::format("{}; of its records {}", witness_->describe(topic_id, state), logs));
    return true;
  });
  return {};
}

void Stage::wait() {
  constexpr Duration kQuiet = seconds(1);
  Instant last = cluster().scheduler.now();
  size_t seen = witness_->size();
  while (cluster().scheduler.now() - last < kQuiet && !data_->violation()) {
    data_->step(milliseconds(10));
    if (witness_->size() == seen) continue;
    seen = witness_->size();
    last = cluster().scheduler.now();
  }
}

}  // namespace baton::simulation
