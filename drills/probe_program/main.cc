// baton-probe: measuring clients as commands, against any cluster that speaks Kafka's protocol; what bench/ and people use.
//   baton-probe leader …   prints "<leader> <leader epoch> <in-sync replicas> <controller> <host:port>" of the partition
//   baton-probe raw …      the raw probe; librdkafka …   an open-loop librdkafka producer
//                          both print a line per record as it settles: sequence, sent ns, done ns (CLOCK_BOOTTIME), broker,
//                          error (0: acknowledged), offset; until SIGTERM, SIGINT or --duration-ms
//   baton-probe perf …     as much as librdkafka can: prints "<records> <bytes> <seconds>"
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "drills/probe_program/programs.h"

int main(int argc, char** argv) {
  using namespace baton::drills;
  setvbuf(stdout, nullptr, _IOLBF, 0);
  CLI::App program("Measures one partition of a cluster that speaks Kafka's protocol", "baton-probe");
  program.require_subcommand(1);
  ProgramOptions options;
  auto add = [&](const char* name, const char* description) {
    CLI::App* command = program.add_subcommand(name, description);
    command->add_option("--bootstrap-server", options.bootstrap, "host:port[,host:port...]")->required();
    command->add_option("--topic", options.probe.topic)->required();
    return command;
  };
  CLI::App* leader = add("leader", "Print the partition's leader");
  leader->add_option("--timeout-ms", options.timeout_ms);
  CLI::App* raw = add("raw", "Produce a record every interval, byte by byte");
  raw->add_option("--acks", options.probe.acks);
  raw->add_option("--interval-us", options.probe.interval_us);
  raw->add_option("--record-bytes", options.probe.record_bytes);
  int pinned = -1;
  raw->add_option("--pinned", pinned, "Stay with this broker");
  CLI::App* kafka = add("librdkafka", "Produce a record every millisecond through librdkafka");
  for (CLI::App* command : {raw, kafka}) command->add_option("--name", options.probe.name, "Begins each record, before its number");
  CLI::App* perf = add("perf", "Produce as much as librdkafka can");
  perf->add_option("--record-bytes", options.probe.record_bytes);
  for (CLI::App* command : {leader, raw}) command->add_option("--partition", options.probe.partition);
  for (CLI::App* command : {raw, kafka, perf}) command->add_option("--duration-ms", options.duration_ms);
  for (CLI::App* command : {kafka, perf}) {
    command->add_option("-X", options.properties, "librdkafka's property=value; repeatable")->allow_extra_args(false);
  }
  CLI11_PARSE(program, argc, argv);
  if (pinned >= 0) options.probe.pinned = pinned;
  baton::Status done;
  if (*leader) done = run_leader(options);
  if (*raw) done = run_raw(options);
  if (*kafka) done = run_kafka(options);
  if (*perf) done = run_perf(options);
  if (!done) std::fprintf(stderr, "baton-probe: %s\n", done.error().message.c_str());
  return done ? 0 : 1;
}
