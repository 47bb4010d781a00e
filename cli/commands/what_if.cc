// baton what-if: what a death would do, asked of the controller's own rule on the state as it stands. Exit code 0 when every partition
// would have a leader and enough in-sync replicas, 1 when not.
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "cli/cluster/fates.h"
#include "cli/commands/command.h"
#include "cli/commands/table.h"

namespace baton::commands {
namespace {

struct Options {
  std::vector<int> dead;
  bool json = false;
};

std::string names(const std::vector<const control::Fate*>& fates) {
  constexpr size_t kMost = 50;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, fates.size()); ++i) {
    text += fmt::format("{}{}-{}", i == 0 ? "" : " ", fates[i]->topic(), fates[i]->before().index());
  }
  if (fates.size() > kMost) text += fmt::format(" and {} more (--json has them all)", fates.size() - kMost);
  return text;
}

std::string for_people(const cluster::Prediction& prediction) {
  std::string text;
  std::vector<std::vector<std::string>> rows = {{"BROKER", "LEADS NOW", "WOULD LEAD"}};
  for (const auto& [id, counts] : prediction.leaders)
    rows.push_back({std::to_string(id), std::to_string(counts.now), std::to_string(counts.then)});
  text += render_table(rows) + "\n";
  text += fmt::format("{} leadership(s) would move, {} ISR(s) would shrink.\n", prediction.moved, prediction.shrunk);
  if (!prediction.offline.empty())
    text += fmt::format("{} partition(s) without a leader: {}\n", prediction.offline.size(), names(prediction.offline));
  if (!prediction.under_minimum.empty()) {
    text += fmt::format("{} partition(s) below their minimum of in-sync replicas, which refuse acks=all: {}\n",
                        prediction.under_minimum.size(), names(prediction.under_minimum));
  }
  if (prediction.harmless()) text += "Every partition would have a leader and enough in-sync replicas.\n";
  return text;
}

int what_if(const Session& session, const Options& options) {
  return with_cluster(session, [&](cluster::Cluster& cluster) {
    for (int id : options.dead) {
      if (cluster.description().broker(id) == nullptr) {
        return complain(
            {ErrorCode::kInvalidRequest, fmt::format("there is no broker {} in this cluster: see `{}`", id, session.next("status"))});
      }
    }
    Result<control::Fates> fates = cluster::ask_fates(cluster, options.dead);
    if (!fates) return complain(fates.error());
    const cluster::Prediction prediction = cluster::predict(cluster.state(), *fates);
    std::printf("%s", (options.json ? cluster::to_json(prediction) + "\n" : for_people(prediction)).c_str());
    return prediction.harmless() ? kOk : kUnhealthy;
  });
}

}  // namespace

void add_what_if(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand("what-if", "Say what a failure would do, without doing it");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* kill = add_command(*command, session, "kill", "If these brokers died now, all at once");
  kill->add_option("brokers", options->dead, "Brokers' ids: 1 or 1,2")->required()->delimiter(',');
  kill->add_flag("--json", options->json, "For machines: every partition whose state would change");
  kill->callback([&session, options] { session.exit_code = what_if(session, *options); });
}

}  // namespace baton::commands
