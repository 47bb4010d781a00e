// `baton`: a cluster's life, its topics, and failover drills, from one command.
#include <signal.h>

#include "cli/commands/command.h"
#include "cli/lead/runner.h"

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  CLI::App program("Baton: start, watch and break a cluster of brokers that unmodified Kafka clients use", "baton");
  program.require_subcommand(1);
  program.footer("./baton test   builds and runs all tests (./baton test --help)");
  baton::commands::Session session;
  baton::commands::add_up(program, session);
  baton::commands::add_down(program, session);
  baton::commands::add_status(program, session);
  baton::commands::add_failovers(program, session);
  baton::commands::add_controller(program, session);
  baton::commands::add_topic(program, session);
  baton::commands::add_produce(program, session);
  baton::commands::add_consume(program, session);
  baton::commands::add_leader(program, session);
  baton::commands::add_broker(program, session);
  baton::commands::add_what_if(program, session);
  baton::commands::add_logs(program, session);
  baton::commands::add_kill(program, session);
  baton::commands::add_start(program, session);
  baton::commands::add_add_broker(program, session);
  baton::commands::add_rolling_restart(program, session);
  baton::commands::add_drill(program, session);
  baton::commands::add_lead(program, session);
  baton::commands::add_lab(program, session);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // A command that runs another keeps the small codes for that.
    const bool leads = program.get_subcommand("lead")->count() > 0;
    return program.exit(error) == 0 ? baton::commands::kOk : leads ? baton::lead::kExitUsage : baton::commands::kUsage;
  }
  return session.exit_code;
}
