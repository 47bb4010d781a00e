// baton-probe: the raw probe as a command, against any cluster that speaks Kafka's protocol.
//   baton-probe leader …   prints "<leader> <leader epoch> <host:port> <controller>" of the partition
//   baton-probe run …      probes for a time; a line per record: sequence, sent ns, done ns (CLOCK_BOOTTIME), broker, error, offset
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "drills/probe/raw_probe.h"

namespace {

using baton::drills::Outcome;
using baton::drills::ProbeOptions;
using baton::drills::RawProbe;
namespace client = baton::client;
namespace wire = baton::drills::wire;

int leader(const ProbeOptions& options, int timeout_ms) {
  client::Deadline deadline = client::after(std::chrono::milliseconds(timeout_ms));
  while (std::chrono::steady_clock::now() < deadline) {
    for (const client::Address& address : options.bootstrap) {
      client::Deadline soon = client::after(std::chrono::milliseconds(500));
      auto connection = client::Connection::open(address, soon);
      if (!connection) continue;
      std::string request = wire::metadata_request(1, options.topic);
      wire::Metadata metadata;
      if (!connection->send_frame(std::string_view(request).substr(4), soon)) continue;
      auto answer = connection->receive_frame(soon);
      if (!answer || answer->size() < 4 || !wire::decode_metadata(std::string_view(*answer).substr(4), options.partition, metadata))
        continue;
      if (metadata.leader < 0 || !metadata.brokers.contains(metadata.leader)) continue;
      std::printf("%d %d %s %d\n", metadata.leader, metadata.leader_epoch, metadata.brokers[metadata.leader].to_string().c_str(),
                  metadata.controller);
      return 0;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::fprintf(stderr, "baton-probe: nobody names a leader of %s-%d\n", options.topic.c_str(), options.partition);
  return 1;
}

int run(const ProbeOptions& options, int duration_ms, const std::string& path) {
  RawProbe probe(options);
  probe.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(duration_ms));
  probe.stop();
  std::FILE* out = path.empty() ? stdout : std::fopen(path.c_str(), "w");
  if (out == nullptr) return 2;
  for (const Outcome& o : probe.outcomes()) {
    std::fprintf(out, "%lu %ld %ld %d %d %ld\n", o.sequence, o.sent_ns, o.done_ns, o.broker, o.error, o.offset);
  }
  if (out != stdout) std::fclose(out);
  return probe.acknowledged() > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Probes one partition of a cluster that speaks Kafka's protocol", "baton-probe");
  program.require_subcommand(1);
  std::string bootstrap, out;
  int acks = -1, duration_ms = 10'000, timeout_ms = 10'000, pinned = -1;
  ProbeOptions options;
  auto common = [&](CLI::App* command) {
    command->add_option("--bootstrap-server", bootstrap, "host:port[,host:port...]")->required();
    command->add_option("--topic", options.topic)->required();
    command->add_option("--partition", options.partition);
    return command;
  };
  CLI::App* ask = common(program.add_subcommand("leader", "Print the partition's leader"));
  ask->add_option("--timeout-ms", timeout_ms);
  CLI::App* probe = common(program.add_subcommand("run", "Produce a record every interval"));
  probe->add_option("--acks", acks);
  probe->add_option("--interval-us", options.interval_us);
  probe->add_option("--duration-ms", duration_ms);
  probe->add_option("--record-bytes", options.record_bytes);
  probe->add_option("--pinned", pinned, "Stay with this broker");
  probe->add_option("--out", out, "File for the lines; standard output unless given");
  CLI11_PARSE(program, argc, argv);
  std::stringstream list(bootstrap);
  for (std::string text; std::getline(list, text, ',');) {
    auto address = client::parse_address(text);
    if (!address) {
      std::fprintf(stderr, "baton-probe: %s\n", address.error().message.c_str());
      return 2;
    }
    options.bootstrap.push_back(*address);
  }
  options.acks = static_cast<int16_t>(acks);
  if (pinned >= 0) options.pinned = pinned;
  return *ask ? leader(options, timeout_ms) : run(options, duration_ms, out);
}
