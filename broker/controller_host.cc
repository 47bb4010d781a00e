#include "broker/controller_host.h"

#include <unistd.h>

#include <csignal>

#include "base/logging.h"
#include "base/posix_file_system.h"
#include "base/random.h"
#include "broker/broker.h"
#include "broker/machine.h"
#include "broker/metadata/manager_link.h"
#include "broker/supervision/notices.h"
#include "broker/supervision/pulse.h"
#include "broker/supervision/supervisor.h"
#include "controller/messages/control.pb.h"
#include "controller/plugin/properties.h"
#include "partitions/log/data_directory.h"

namespace baton {

struct ControllerHost::Parts final : ManagerEvents {
  Parts(BrokerConfig given, supervision::Supervised* by)
      : config(std::move(given)),
        own_board(by == nullptr ? supervision::own_board() : nullptr),
        board(by == nullptr ? own_board.get() : &by->board),
        severed_fd(by == nullptr ? -1 : by->lifeline.severed_fd()) {}

  void watch_manager();

  void on_image(ImagePtr) override {}
  void on_change(const control::Delta& delta) override { supervision::note_candidates(*board, delta); }
  void on_roles(const control::Roles&) override {}
  void on_yield(const control::Yield&) override {}
  void on_registered(const control::Registered& registered) override {
    log::info("controller {} stands for election in cluster {}", config.id.value(), registered.cluster_id());
    if (auto joined = directory->join_cluster(registered.cluster_id()); !joined) return on_fatal(joined.error().message);
    supervision::note_registered(*board, config.id, registered);
  }
  // There is nothing to stop.
  void on_stop(const std::string&) override { link.stopped(); }
  void on_fatal(const std::string& message) override {
    log::error("{}", message);
    ::kill(::getpid(), Broker::kFatalSignal);
  }

  BrokerConfig config;
  supervision::BoardHandle own_board;  // where there is no supervisor
  supervision::Board* board;
  int severed_fd;
  SystemRandom random;
  PosixFileSystem files;
  std::unique_ptr<DataDirectory> directory;  // once the manager is open its thread's
  ManagerLink link;
  std::unique_ptr<supervision::Pulse> pulse;
};

// From within nothing can be done about a manager that hangs: its supervisor judges. The pulse keeps asking for signs of life, and ends the
// process with its supervisor.
void ControllerHost::Parts::watch_manager() {
  supervision::StallConfig stall;
  stall.timeout = std::chrono::milliseconds(config.settings.integer("leader.stall.timeout.ms"));
  supervision::Pulse::Host host;
  host.ask_manager = [this](Task alive) {
    control::Request request;
    request.mutable_sign_of_life();
    link.submit(std::move(request), [alive = std::move(alive)](const control::Response&) mutable { alive(); });
  };
  host.stalled = [](bool) {};
  pulse = std::make_unique<supervision::Pulse>(*board, stall, severed_fd, std::move(host));
  pulse->begin();
}

Result<std::unique_ptr<ControllerHost>> ControllerHost::start(BrokerConfig config, supervision::Supervised* supervised) {
  auto parts = std::make_unique<Parts>(std::move(config), supervised);
  if (auto made = parts->files.make_directory(parts->config.log_directory); !made) return tl::unexpected(made.error());
  auto opened = DataDirectory::open(parts->files, parts->config.log_directory, {"", parts->config.id}, boot_id(), parts->random);
  if (!opened) return tl::unexpected(opened.error());
  parts->directory = std::move(*opened);
  const auto& given = parts->config.settings.given_properties();
  std::map<std::string, std::string> properties(given.begin(), given.end());
  properties["broker.id"] = std::to_string(parts->config.id.value());
  properties[property::kDataDirectory] = parts->directory->uuid().to_string();
  properties[property::kClusterId] = parts->directory->cluster_id();
  properties[property::kElectionDirectory] = parts->config.log_directory;
  if (auto joined = parts->link.open(properties, *parts); !joined) return tl::unexpected(joined.error());
  parts->watch_manager();
  log::info("controller {} runs, without a broker; its identity is in {}", parts->config.id.value(), parts->config.log_directory);
  return std::unique_ptr<ControllerHost>(new ControllerHost(std::move(parts)));
}

ControllerHost::ControllerHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ControllerHost::~ControllerHost() {
  parts_->pulse->end();
  parts_->link.close();
}

void ControllerHost::shut_down() {
  log::info("shutting down");
  parts_->pulse->end();
  parts_->link.close();
  log::info("shut down in good order");
}

}  // namespace baton
