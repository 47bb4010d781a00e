#include "cli/cluster/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace baton::cluster {
namespace {

using nlohmann::json;
constexpr int kFormat = 1;
constexpr char kFile[] = "cluster.json";
constexpr char kLock[] = ".lock";

json to_json(const ProcessId& process) {
  return {{"pid", process.pid}, {"start_ticks", process.start_ticks}, {"boot_id", process.boot_id}};
}

ProcessId process_of(const json& value) {
  return {value.at("pid").get<pid_t>(), value.at("start_ticks").get<uint64_t>(), value.at("boot_id").get<std::string>()};
}

json to_json(const std::vector<BrokerEntry>& entries) {
  json list = json::array();
  for (const BrokerEntry& entry : entries) {
    list.push_back({{"id", entry.id},
                    {"port", entry.port},
                    {"control_port", entry.control_port},
                    {"held", entry.held},
                    {"supervised", entry.supervised},
                    {"process", to_json(entry.process)}});
  }
  return list;
}

std::vector<BrokerEntry> entries_of(const json& list) {
  std::vector<BrokerEntry> entries;
  for (const json& entry : list) {
    entries.push_back({entry.at("id").get<int>(), entry.at("port").get<int>(), entry.at("control_port").get<int>(),
                       process_of(entry.at("process")), entry.at("held").get<bool>(), entry.value("supervised", false)});
  }
  return entries;
}

json to_json(const Description& description) {
  const ZooKeeperEntry& zookeeper = description.zookeeper;
  return {{"format", kFormat},
          {"cluster_id", description.cluster_id},
          {"port_base", description.port_base},
          {"settings", description.settings},
          {"zookeeper",
           {{"connect", zookeeper.connect}, {"own", zookeeper.own}, {"port", zookeeper.port}, {"process", to_json(zookeeper.process)}}},
          {"brokers", to_json(description.brokers)},
          {"voters", description.voters},
          {"controllers", to_json(description.controllers)}};
}

Description description_of(const json& value) {
  Description description;
  description.cluster_id = value.at("cluster_id").get<std::string>();
  description.port_base = value.at("port_base").get<int>();
  description.settings = value.at("settings").get<std::map<std::string, std::string>>();
  const json& zookeeper = value.at("zookeeper");
  description.zookeeper = {zookeeper.at("connect").get<std::string>(), zookeeper.at("own").get<bool>(), zookeeper.at("port").get<int>(),
                           process_of(zookeeper.at("process"))};
  description.brokers = entries_of(value.at("brokers"));
  if (value.contains("voters")) description.voters = value.at("voters").get<std::vector<int>>();
  if (value.contains("controllers")) description.controllers = entries_of(value.at("controllers"));
  return description;
}

}  // namespace

std::string name_of_process(int id) {
  return (id < kFirstController ? "broker " : "controller ") + std::to_string(id);
}

std::vector<BrokerEntry*> Description::processes() {
  std::vector<BrokerEntry*> all;
  for (BrokerEntry& entry : brokers) all.push_back(&entry);
  for (BrokerEntry& entry : controllers) all.push_back(&entry);
  return all;
}

std::vector<const BrokerEntry*> Description::processes() const {
  std::vector<const BrokerEntry*> all;
  for (const BrokerEntry& entry : brokers) all.push_back(&entry);
  for (const BrokerEntry& entry : controllers) all.push_back(&entry);
  return all;
}

BrokerEntry* Description::process(int id) {
  for (BrokerEntry* entry : processes()) {
    if (entry->id == id) return entry;
  }
  return nullptr;
}

const BrokerEntry* Description::process(int id) const {
  return const_cast<Description*>(this)->process(id);
}

ProcessId BrokerEntry::own() const {
  return supervised ? child_of(process) : process;
}

BrokerEntry* Description::broker(int id) {
  for (BrokerEntry& entry : brokers) {
    if (entry.id == id) return &entry;
  }
  return nullptr;
}

const BrokerEntry* Description::broker(int id) const {
  return const_cast<Description*>(this)->broker(id);
}

std::string Description::bootstrap() const {
  std::string text;
  for (const BrokerEntry& entry : brokers) text += (text.empty() ? "" : ",") + std::string("127.0.0.1:") + std::to_string(entry.port);
  return text;
}

bool Directory::holds_cluster() const {
  return std::filesystem::exists(path_ / kFile);
}

Result<Description> Directory::load() const {
  if (!holds_cluster()) {
    return fail(ErrorCode::kInvalidRequest,
                "there is no cluster in " + path_.string() + ": start one with `baton up`, or name its directory with --dir");
  }
  try {
    json value = json::parse(std::ifstream(path_ / kFile));
    if (value.at("format").get<int>() != kFormat) {
      return fail(ErrorCode::kInvalidRequest,
                  (path_ / kFile).string() + " is of another version of baton: use that version, or another --dir");
    }
    return description_of(value);
  } catch (const json::exception& error) {
    return fail(ErrorCode::kInvalidRequest,
                (path_ / kFile).string() + " is damaged (" + error.what() + "): use another --dir, or remove this one");
  }
}

Status Directory::save(const Description& description) const {
  std::filesystem::path aside = path_ / (std::string(kFile) + ".new");
  std::ofstream file(aside, std::ios::trunc);
  file << to_json(description).dump(2) << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(aside, path_ / kFile, error);
  if (!file || error) return fail(ErrorCode::kUnknownServerError, "cannot write " + (path_ / kFile).string() + ": is the disk full?");
  return {};
}

Status Directory::may_hold_new_cluster() const {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return {};
  if (!std::filesystem::is_directory(path_))
    return fail(ErrorCode::kInvalidRequest, path_.string() + " is not a directory: choose another --dir");
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().filename() == kLock) continue;
    return fail(ErrorCode::kInvalidRequest, path_.string() + " holds something that is not a cluster of baton (" +
                                                entry.path().filename().string() + "): choose another --dir");
  }
  return {};
}

void Directory::purge() const {
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    std::string name = entry.path().filename().string();
    if (name == kFile || name == kLock || name == "zookeeper" || name == "drills" || name.starts_with("broker-") ||
        name.starts_with("controller-")) {
      std::filesystem::remove_all(entry.path());
    }
  }
  std::error_code not_empty;
  std::filesystem::remove(path_, not_empty);
}

DirectoryLock::DirectoryLock(const Directory& directory) {
  std::error_code ignored;
  std::filesystem::create_directories(directory.path(), ignored);
  fd_ = open((directory.path() / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ >= 0) flock(fd_, LOCK_EX);
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace baton::cluster
