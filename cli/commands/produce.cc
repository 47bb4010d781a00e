// baton produce: each line of standard input is a record, acknowledged by all in-sync replicas before the command ends.
#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "cli/client/kafka.h"
#include "cli/commands/command.h"

namespace baton::commands {
namespace {

struct Options {
  std::string topic, bootstrap, separator;
  std::vector<std::string> properties;
  int partition = -1;
};

struct Tally {
  uint64_t acknowledged = 0, failed = 0;
  std::string first_error;
};

void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  Tally& tally = *static_cast<Tally*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++tally.acknowledged;
  } else if (tally.failed++ == 0) {
    tally.first_error = rd_kafka_err2str(message->err);
  }
}

void set_callbacks(rd_kafka_conf_t* conf, void* opaque) {
  rd_kafka_conf_set_opaque(conf, opaque);
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
}

int produce(const std::string& bootstrap, const Options& options) {
  std::map<std::string, std::string> configuration = {{"bootstrap.servers", bootstrap},
                                                      {"enable.idempotence", "true"},
                                                      {"message.timeout.ms", "30000"},
                                                      {"allow.auto.create.topics", "true"}};
  for (const std::string& text : options.properties) {
    size_t equals = text.find('=');
    if (equals == std::string::npos) return complain({ErrorCode::kInvalidRequest, "-X takes key=value"});
    configuration[text.substr(0, equals)] = text.substr(equals + 1);
  }
  Tally tally;
  Result<client::KafkaHandle> producer = client::make_kafka(RD_KAFKA_PRODUCER, configuration, set_callbacks, &tally);
  if (!producer) return complain(producer.error());
  for (std::string line; std::getline(std::cin, line);) {
    std::string_view key, value = line;
    if (size_t at = options.separator.empty() ? std::string::npos : line.find(options.separator); at != std::string::npos) {
      key = value.substr(0, at);
      value.remove_prefix(at + options.separator.size());
    }
    for (;;) {
      rd_kafka_resp_err_t error =
          rd_kafka_producev(producer->get(), RD_KAFKA_V_TOPIC(options.topic.c_str()), RD_KAFKA_V_PARTITION(options.partition),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                            RD_KAFKA_V_KEY(key.empty() ? nullptr : key.data(), key.size()), RD_KAFKA_V_END);
      rd_kafka_poll(producer->get(), error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? 100 : 0);
      if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) continue;
      if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return complain({ErrorCode::kInvalidRequest, rd_kafka_err2str(error)});
      break;
    }
  }
  rd_kafka_flush(producer->get(), 60'000);
  say(fmt::format("{} records acknowledged by all in-sync replicas, {} failed{}{}", tally.acknowledged, tally.failed,
                  tally.failed ? ": " : "", tally.first_error));
  return tally.failed == 0 ? kOk : kUnhealthy;
}

}  // namespace

void add_produce(CLI::App& program, Session& session) {
  CLI::App* command = add_command(program, session, "produce", "Write the lines of standard input to a topic");
  auto options = std::make_shared<Options>();
  command->add_option("topic", options->topic, "The topic; created if need be")->required();
  command->add_option("-K,--key-separator", options->separator, "What stands between key and value in a line");
  command->add_option("-p,--partition", options->partition, "The partition; by key unless given");
  command->add_option("-X", options->properties, "librdkafka's property=value; repeatable")->allow_extra_args(false);
  command->add_option("--bootstrap-server", options->bootstrap, "Another cluster than that of --dir");
  command->callback([&session, options] {
    if (!options->bootstrap.empty()) {
      session.exit_code = produce(options->bootstrap, *options);
      return;
    }
    session.exit_code =
        with_cluster(session, [&](cluster::Cluster& cluster) { return produce(cluster.description().bootstrap(), *options); });
  });
}

}  // namespace baton::commands
