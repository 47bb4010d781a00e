#include "partitions/log/data_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/crc32c.h"
#include "base/logging.h"
#include "base/mutants.h"

namespace baton {
namespace {

constexpr std::string_view kMetaName = "meta.properties";
constexpr std::string_view kMarkerName = "marker";
constexpr std::string_view kDirtyName = "dirty-replicas";
constexpr std::string_view kClosedName = "closed-in-order";
constexpr std::string_view kPartitionMetadataName = "partition.metadata";
constexpr size_t kTopicNameMax = 249;

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

// Small files carry their own checksum as a last line: a power cut may leave any of them torn.
std::string sealed(std::string text) {
  return text + fmt::format("crc32c={:08x}\n", crc32c(text));
}
std::optional<std::string_view> unsealed(std::string_view text) {
  const size_t at = text.rfind("crc32c=");
  if (at == std::string_view::npos || text.substr(at) != fmt::format("crc32c={:08x}\n", crc32c(text.substr(0, at)))) return std::nullopt;
  return text.substr(0, at);
}

std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  for (auto line : split(text, '\n')) {
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == '=') return line.substr(key.size() + 1);
  }
  return std::nullopt;
}

// The file's text; none if it is not there.
Result<std::optional<std::string>> read_if_there(FileSystem& files, const std::string& path) {
  auto bytes = read_whole_file(files, path);
  if (bytes) return std::move(*bytes);
  if (bytes.error().code == ErrorCode::kResourceNotFound) return std::nullopt;
  return tl::unexpected(bytes.error());
}

std::optional<PartitionName> parse_directory_name(std::string_view name) {
  const size_t dash = name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto partition = parse_number<int32_t>(name.substr(dash + 1));
  if (!partition || *partition < 0 || !valid_topic_name(name.substr(0, dash))) return std::nullopt;
  return PartitionName{std::string(name.substr(0, dash)), PartitionIndex(*partition)};
}

std::string directory_name(const PartitionName& name) {
  return fmt::format("{}-{}", name.topic, name.partition.value());
}

}  // namespace

bool valid_topic_name(std::string_view topic) {
  if (topic.empty() || topic.size() > kTopicNameMax || topic == "." || topic == "..") return false;
  return std::all_of(topic.begin(), topic.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(FileSystem& files, std::string path, const Identity& identity,
                                                           std::string boot_id, Random& random) {
  while (boot_id.ends_with('\n')) boot_id.pop_back();
  if (auto made = files.make_directory(path); !made) return tl::unexpected(made.error());
  std::unique_ptr<DataDirectory> directory(new DataDirectory(files, std::move(path), std::move(boot_id), random));
  auto lock = files.lock(directory->at(".lock"));
  if (!lock) {
    auto error = lock.error();
    if (error.code == ErrorCode::kDuplicateBrokerRegistration) {
      error.message = fmt::format("the data directory {} is in use by another process; stop it, or set log.dirs to another directory",
                                  directory->path_);
    }
    return tl::unexpected(error);
  }
  directory->lock_ = std::move(*lock);
  if (auto checked = directory->check_meta(identity); !checked) return tl::unexpected(checked.error());
  if (auto scanned = directory->scan(); !scanned) return tl::unexpected(scanned.error());
  if (auto loaded = directory->load_dirty(); !loaded) return tl::unexpected(loaded.error());
  if (auto judged = directory->judge(); !judged) return tl::unexpected(judged.error());
  return directory;
}

Status DataDirectory::check_meta(const Identity& identity) {
  broker_id_ = identity.broker_id;
  auto text = read_if_there(files_, at(kMetaName));
  if (!text) return tl::unexpected(text.error());
  if (!*text) {
    uuid_ = Uuid::random(random_);
    cluster_id_ = identity.cluster_id;
    return write_meta();
  }
  const auto body = unsealed(**text);
  const auto cluster = body ? value_of(*body, "cluster.id") : std::nullopt;
  const auto broker = body ? parse_number<int32_t>(value_of(*body, "broker.id").value_or("")) : std::nullopt;
  const auto uuid = body ? Uuid::parse(value_of(*body, "directory.id").value_or("")) : std::nullopt;
  if (!cluster || !broker || !uuid) {
    return fail(ErrorCode::kKafkaStorageError, fmt::format("{} is damaged; restore it, or start with an empty directory", at(kMetaName)));
  }
  uuid_ = *uuid;
  cluster_id_ = *cluster;
  if (*broker != broker_id_.value()) {
    return fail(ErrorCode::kInvalidConfig,
                fmt::format("the data directory {} belongs to broker {}, not to {}; correct broker.id or log.dirs", path_, *broker,
                            broker_id_.value()));
  }
  return identity.cluster_id.empty() ? Status() : join_cluster(identity.cluster_id);
}

Status DataDirectory::write_meta() {
  const auto meta =
      sealed(fmt::format("version=1\ncluster.id={}\nbroker.id={}\ndirectory.id={}\n", cluster_id_, broker_id_.value(), uuid_.to_string()));
  if (auto written = write_file_atomically(files_, at(kMetaName), meta, Durability::kMachineCrash); !written) return written;
  return files_.sync_directory(parent_of(path_));
}

Status DataDirectory::join_cluster(const std::string& cluster_id) {
  if (cluster_id == cluster_id_) return {};
  if (!cluster_id_.empty()) {
    return fail(ErrorCode::kInconsistentClusterId,
                fmt::format("the data directory {} belongs to cluster {}, not to {}; correct log.dirs or zookeeper.connect, or start with "
                            "an empty directory",
                            path_, cluster_id_, cluster_id));
  }
  cluster_id_ = cluster_id;
  return write_meta();
}

Status DataDirectory::scan() {
  auto names = files_.list(path_);
  if (!names) return tl::unexpected(names.error());
  for (const auto& entry : *names) {
    const auto name = parse_directory_name(entry);
    if (!name || !files_.list(at(entry))) continue;
    auto text = read_if_there(files_, join_path(at(entry), kPartitionMetadataName));
    if (!text) return tl::unexpected(text.error());
    const auto body = *text ? unsealed(**text) : std::nullopt;
    const auto id = body ? Uuid::parse(value_of(*body, "topic_id").value_or("")) : std::nullopt;
    // Without an id it is nobody's log; create_partition() will set it aside if the name is wanted.
    if (id) found_.push_back({*name, TopicId(*id), at(entry)});
  }
  return {};
}

std::string DataDirectory::marker_text() const {
  return sealed(fmt::format("version=1\nboot.id={}\nfile.system={}\ndirectory.id={}\n", boot_id_, identity_.id, uuid_.to_string()));
}

Status DataDirectory::judge() {
  auto identity = files_.identity(path_);
  if (!identity) return tl::unexpected(identity.error());
  identity_ = *identity;
  auto marker = read_if_there(files_, at(kMarkerName));
  if (!marker) return tl::unexpected(marker.error());
  auto closed = read_if_there(files_, at(kClosedName));
  if (!closed) return tl::unexpected(closed.error());
  if (boot_id_.empty()) {
    distrust_ = "the machine's boot id is unknown";
  } else if (!identity_.local) {
    distrust_ = "the file system is not local";
  } else if (!*marker) {
    if (!found_.empty()) distrust_ = "the marker is missing";
  } else if (**marker != marker_text()) {
    distrust_ = "the machine was restarted, or the directory moved, since the last process";
  }
  if (distrust_.empty()) {
    // Reports write-back errors that happened since: pages may have been dropped though the machine never stopped.
    if (auto synced = files_.sync_file_system(path_); !synced) distrust_ = synced.error().message;
  }
  closed_in_order_ = distrust_.empty() && *closed && **closed == marker_text();
  if (*closed) return files_.remove(at(kClosedName));
  return {};
}

Status DataDirectory::load_dirty() {
  auto text = read_if_there(files_, at(kDirtyName));
  if (!text) return tl::unexpected(text.error());
  if (!*text) return {};
  const auto body = unsealed(**text);
  bool good = body.has_value();
  for (auto line : good ? split(*body, '\n') : std::vector<std::string_view>()) {
    const auto parts = split(line, ' ');
    const auto id = parts.size() == 2 ? Uuid::parse(parts[0]) : std::nullopt;
    const auto partition = parts.size() == 2 ? parse_number<int32_t>(parts[1]) : std::nullopt;
    if (!id || !partition) good = false;
    if (good) dirty_.insert({TopicId(*id), PartitionIndex(*partition)});
  }
  if (good) return {};
  log::warn("{} is damaged: every replica is taken for dirty", at(kDirtyName));
  for (const auto& found : found_) dirty_.insert({found.topic_id, found.name.partition});
  return save_dirty();
}

Status DataDirectory::save_dirty() {
  std::string text;
  for (const auto& [topic, partition] : dirty_) text += fmt::format("{} {}\n", topic.to_string(), partition.value());
  return write_file_atomically(files_, at(kDirtyName), sealed(text), Durability::kMachineCrash);
}

Status DataDirectory::mark_dirty(const std::vector<ReplicaKey>& replicas) {
  const size_t before = dirty_.size();
  dirty_.insert(replicas.begin(), replicas.end());
  return dirty_.size() == before ? Status() : save_dirty();
}

Status DataDirectory::clear_dirty(const ReplicaKey& replica) {
  return dirty_.erase(replica) == 0 ? Status() : save_dirty();
}

Status DataDirectory::settle() {
  if (!distrust_.empty()) {
    log::warn("{}: {}; {} replicas must catch up before they count", path_, distrust_, found_.size());
    for (const auto& found : found_) dirty_.insert({found.topic_id, found.name.partition});
    if (auto saved = save_dirty(); !saved) return saved;
  }
  return write_file_atomically(files_, at(kMarkerName), marker_text(), Durability::kMachineCrash);
}

Result<std::string> DataDirectory::create_partition(const PartitionName& name, const TopicId& topic_id, Durability durability) {
  if (!valid_topic_name(name.topic) || name.partition.value() < 0) {
    return fail(ErrorCode::kInvalidTopicException, fmt::format("'{}' is no topic's name", name.topic));
  }
  const auto path = at(directory_name(name));
  const auto metadata = join_path(path, kPartitionMetadataName);
  auto there = files_.exists(path);
  if (!there) return tl::unexpected(there.error());
  if (*there) {
    auto text = read_if_there(files_, metadata);
    if (!text) return tl::unexpected(text.error());
    const auto body = *text ? unsealed(**text) : std::nullopt;
    if (body && (value_of(*body, "topic_id") == topic_id.to_string() || BATON_MUTANT(old_log_taken_for_new_topic))) return path;
    if (auto aside = set_aside(name); !aside) return tl::unexpected(aside.error());
  }
  if (auto made = files_.make_directory(path); !made) return tl::unexpected(made.error());
  const auto text = sealed(fmt::format("version=0\ntopic_id={}\n", topic_id.to_string()));
  if (auto written = write_file_atomically(files_, metadata, text, durability); !written) return tl::unexpected(written.error());
  if (durability == Durability::kMachineCrash) {
    if (auto synced = files_.sync_directory(path_); !synced) return tl::unexpected(synced.error());
  }
  return path;
}

Status DataDirectory::set_aside(const PartitionName& name) {
  if (BATON_MUTANT(old_log_taken_for_new_topic)) return {};
  const auto stale = at(fmt::format(".{}-stale", Uuid::random(random_).to_string()));
  if (auto renamed = files_.rename(at(directory_name(name)), stale); !renamed) {
    if (renamed.error().code == ErrorCode::kResourceNotFound) return {};
    return renamed;
  }
  std::erase_if(found_, [&](const Found& found) { return found.name == name; });
  return files_.sync_directory(path_);
}

Status DataDirectory::remove_stale() {
  auto names = files_.list(path_);
  if (!names) return tl::unexpected(names.error());
  for (const auto& name : *names) {
    if (!name.starts_with('.') || !name.ends_with("-stale")) continue;
    if (auto removed = files_.remove_tree(at(name)); !removed) return removed;
  }
  return {};
}

Result<OffsetCheckpoint> DataDirectory::load_checkpoint(std::string_view name) {
  auto text = read_if_there(files_, at(name));
  if (!text) return tl::unexpected(text.error());
  OffsetCheckpoint offsets;
  if (!*text) return offsets;
  const auto body = unsealed(**text);
  // A checkpoint is a lower bound, so an empty one is safe; a torn one comes only with a power cut, which distrusts all anyway.
  if (!body) {
    log::warn("{} is damaged and ignored", at(name));
    return offsets;
  }
  for (auto line : split(*body, '\n')) {
    const auto parts = split(line, ' ');
    const auto partition = parts.size() == 3 ? parse_number<int32_t>(parts[1]) : std::nullopt;
    const auto offset = parts.size() == 3 ? parse_number<int64_t>(parts[2]) : std::nullopt;
    if (partition && offset) offsets[{std::string(parts[0]), PartitionIndex(*partition)}] = *offset;
  }
  return offsets;
}

Status DataDirectory::save_checkpoint(std::string_view name, const OffsetCheckpoint& offsets) {
  std::string text;
  for (const auto& [partition, offset] : offsets) text += fmt::format("{} {} {}\n", partition.topic, partition.partition.value(), offset);
  return write_file_atomically(files_, at(name), sealed(std::move(text)), Durability::kProcessCrash);
}

Status DataDirectory::note_closed_in_order() {
  return write_file_atomically(files_, at(kClosedName), marker_text(), Durability::kMachineCrash);
}

}  // namespace baton
