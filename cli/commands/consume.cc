// baton consume: prints a topic's records, a line each.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <cstdio>

#include "cli/client/kafka.h"
#include "cli/commands/command.h"

namespace baton::commands {
namespace {

struct Options {
  std::string topic, bootstrap, group, separator;
  uint64_t count = 0;  // 0: no limit
  bool exit_at_end = false, from_end = false, where = false;
};

std::atomic<bool> interrupted{false};

std::string_view text_of(const void* bytes, size_t size) {
  return bytes ? std::string_view(static_cast<const char*>(bytes), size) : std::string_view();
}

void print_record(const rd_kafka_message_t& message, const Options& options) {
  std::string line;
  if (options.where) line = fmt::format("[{}-{} offset {}] ", options.topic, message.partition, message.offset);
  if (!options.separator.empty()) {
    line += text_of(message.key, message.key_len);
    line += options.separator;
  }
  line += text_of(message.payload, message.len);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

// Every partition from one end, without a group. Returns how many partitions.
Result<int> assign_all(rd_kafka_t* consumer, const Options& options) {
  Result<int> count = client::partition_count(consumer, options.topic, 10'000);
  if (!count) return count;
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(*count);
  for (int i = 0; i < *count; ++i) {
    rd_kafka_topic_partition_list_add(list, options.topic.c_str(), i)->offset =
        options.from_end ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
  return count;
}

void subscribe(rd_kafka_t* consumer, const std::string& topic) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);
}

int consume(const std::string& bootstrap, const Options& options) {
  std::string reset = options.from_end ? "latest" : "earliest";
  Result<client::KafkaHandle> consumer =
      client::make_kafka(RD_KAFKA_CONSUMER, {{"bootstrap.servers", bootstrap},
                                             {"group.id", options.group.empty() ? "baton-consume" : options.group},
                                             {"auto.offset.reset", reset},
                                             {"enable.auto.commit", options.group.empty() ? "false" : "true"},
                                             {"enable.partition.eof", "true"},
                                             {"fetch.wait.max.ms", "100"}});
  if (!consumer) return complain(consumer.error());
  rd_kafka_poll_set_consumer(consumer->get());
  int partitions = 0;
  if (options.group.empty()) {
    Result<int> assigned = assign_all(consumer->get(), options);
    if (!assigned) return complain(assigned.error());
    partitions = *assigned;
  } else {
    subscribe(consumer->get(), options.topic);
  }
  uint64_t seen = 0;
  std::vector<bool> ended;
  auto all_ended = [&] {
    if (!options.exit_at_end) return false;
    size_t wanted = partitions > 0 ? static_cast<size_t>(partitions) : 0;
    if (wanted == 0) {  // a group's member ends with the partitions that it was given
      rd_kafka_topic_partition_list_t* mine = nullptr;
      if (rd_kafka_assignment(consumer->get(), &mine) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        wanted = static_cast<size_t>(mine->cnt);
        rd_kafka_topic_partition_list_destroy(mine);
      }
    }
    return wanted > 0 && static_cast<size_t>(std::count(ended.begin(), ended.end(), true)) >= wanted;
  };
  signal(SIGINT, [](int) { interrupted = true; });
  while (!interrupted && (options.count == 0 || seen < options.count)) {
    std::unique_ptr<rd_kafka_message_t, void (*)(rd_kafka_message_t*)> message(rd_kafka_consumer_poll(consumer->get(), 100),
                                                                               rd_kafka_message_destroy);
    if (!message) {
      if (std::fflush(stdout) != 0) break;
      continue;
    }
    size_t partition = message->partition < 0 ? 0 : static_cast<size_t>(message->partition);
    ended.resize(std::max(ended.size(), partition + 1));
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ended[partition] = false;
      ++seen;
      print_record(*message, options);
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ended[partition] = true;
      if (all_ended()) break;
    } else if (message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || message->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
      return complain({ErrorCode::kUnknownTopicOrPartition, "there is no topic " + options.topic});
    }
  }
  rd_kafka_consumer_close(consumer->get());
  return std::fflush(stdout) == 0 ? kOk : kUsage;
}

}  // namespace

void add_consume(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "consume", "Print a topic's records, from the beginning unless --from-end");
  auto options = std::make_shared<Options>();
  command->add_option("topic", options->topic, "The topic")->required();
  command->add_option("-g,--group", options->group, "Consume as a member of this group and commit offsets");
  command->add_option("-n,--count", options->count, "End after so many records");
  command->add_flag("-e,--exit", options->exit_at_end, "End when every partition's end is reached");
  command->add_flag("--from-end", options->from_end, "Only what comes from now on");
  command->add_option("-K,--key-separator", options->separator, "Print the key too, this between it and the value");
  command->add_flag("-o,--offsets", options->where, "Print partition and offset too");
  command->add_option("--bootstrap-server", options->bootstrap, "Another cluster than that of --dir");
  command->callback([&session, options] {
    if (!options->bootstrap.empty()) {
      session.exit_code = consume(options->bootstrap, *options);
      return;
    }
    session.exit_code =
        with_cluster(session, [&](cluster::Cluster& cluster) { return consume(cluster.description().bootstrap(), *options); });
  });
}

}  // namespace baton::commands
