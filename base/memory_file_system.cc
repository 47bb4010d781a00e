#include "base/memory_file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "base/assert.h"

namespace baton {
namespace {

// Smaller than a real page, so that small tests meet torn pages too.
constexpr size_t kPageBytes = 512;

struct Inode;
using InodePtr = std::shared_ptr<Inode>;
using Entries = std::map<std::string, InodePtr>;

// A name that changed in a directory since its last sync; null is "gone".
struct NameChange {
  std::string name;
  InodePtr inode;
};

struct Inode {
  uint64_t number = 0;
  bool directory = false;
  // A file: what processes see, what the platter holds, and the range in which they may differ.
  std::string cached;
  std::string durable;
  size_t dirty_from = 0;
  size_t dirty_to = 0;
  // A directory: the same for its names. One element of `pending` is one operation, atomic in the journal.
  Entries names;
  Entries durable_names;
  std::vector<std::vector<NameChange>> pending;

  void mark_dirty(size_t from, size_t to) {
    dirty_from = dirty_from == dirty_to ? from : std::min(dirty_from, from);
    dirty_to = std::max(dirty_to, to);
  }
  bool dirty() const { return dirty_from != dirty_to || cached.size() != durable.size(); }
  void sync() {
    if (!dirty()) return;
    durable.resize(cached.size());
    const size_t to = std::min(dirty_to, cached.size());
    if (dirty_from < to) durable.replace(dirty_from, to - dirty_from, cached, dirty_from, to - dirty_from);
    dirty_from = dirty_to = 0;
  }
};

void apply_changes(Entries& names, const std::vector<NameChange>& changes) {
  for (const auto& change : changes) {
    if (change.inode) {
      names[change.name] = change.inode;
    } else {
      names.erase(change.name);
    }
  }
}

// Old bytes or zeros in place of some pages that were not written back.
void lose_pages(std::string& bytes, const std::string& durable, Random& random) {
  for (size_t at = 0; at < bytes.size(); at += kPageBytes) {
    const size_t length = std::min(kPageBytes, bytes.size() - at);
    std::string former = at < durable.size() ? durable.substr(at, length) : std::string();
    former.resize(length, '\0');
    if (bytes.compare(at, length, former) != 0 && random.chance(0.5)) bytes.replace(at, length, former);
  }
}

void cut_power(Inode& file, Random& random) {
  if (!file.dirty()) return;
  switch (random.below(4)) {
    case 0:
      file.cached = file.durable;
      break;
    case 1:
      break;
    case 2: {
      const size_t low = std::min(file.cached.size(), file.durable.size());
      const size_t high = file.cached.size();
      file.cached.resize(low + static_cast<size_t>(random.below(high - low + 1)));
      break;
    }
    default:
      lose_pages(file.cached, file.durable, random);
  }
  file.durable = file.cached;
  file.dirty_from = file.dirty_to = 0;
}

void cut_power_below(Inode& directory, Random& random) {
  const size_t kept = static_cast<size_t>(random.below(directory.pending.size() + 1));
  for (size_t i = 0; i < kept; ++i) apply_changes(directory.durable_names, directory.pending[i]);
  directory.pending.clear();
  directory.names = directory.durable_names;
  for (auto& [name, inode] : directory.names) inode->directory ? cut_power_below(*inode, random) : cut_power(*inode, random);
}

void sync_below(Inode& inode) {
  if (!inode.directory) return inode.sync();
  inode.durable_names = inode.names;
  inode.pending.clear();
  for (auto& [name, child] : inode.names) sync_below(*child);
}

uint64_t bytes_below(const Inode& inode) {
  uint64_t bytes = inode.cached.size();
  for (const auto& [name, child] : inode.names) bytes += bytes_below(*child);
  return bytes;
}

tl::unexpected<Error> missing(const std::string& path) {
  return fail(ErrorCode::kResourceNotFound, "no such file: " + path);
}
tl::unexpected<Error> refused(std::string_view what, const std::string& path) {
  return fail(ErrorCode::kKafkaStorageError, fmt::format("cannot {} {}", what, path));
}

}  // namespace

struct MemoryFileSystem::State {
  InodePtr root = std::make_shared<Inode>();
  uint64_t next_inode = 2;
  // Grows with every crash: handles of an older life fail.
  uint64_t life = 0;
  std::set<std::string> locks;
  uint64_t capacity = std::numeric_limits<uint64_t>::max();
  int torn_write_in = 0;
  uint64_t torn_write_bytes = 0;
  std::string failing;
  bool syncfs_fails = false;
  FileSystemIdentity identity{"memory:1", true};
  uint64_t syncs = 0;

  bool fails(const std::string& path) const { return !failing.empty() && path.find(failing) != std::string::npos; }

  // The directory that holds the last component, and that component; none if the way there does not exist.
  struct Place {
    Inode* directory;
    std::string name;
  };
  std::optional<Place> place_of(std::string_view path) const {
    Inode* at = root.get();
    std::string name;
    while (!path.empty()) {
      const size_t slash = path.find('/');
      const auto part = path.substr(0, slash);
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
      if (part.empty() || part == ".") continue;
      if (!name.empty()) {
        const auto found = at->names.find(name);
        if (found == at->names.end() || !found->second->directory) return std::nullopt;
        at = found->second.get();
      }
      name = part;
    }
    return Place{at, name};
  }
  InodePtr find(std::string_view path) const {
    const auto place = place_of(path);
    if (!place) return nullptr;
    if (place->name.empty()) return root;
    const auto found = place->directory->names.find(place->name);
    return found == place->directory->names.end() ? nullptr : found->second;
  }
  static void change(Inode& directory, std::vector<NameChange> changes) {
    apply_changes(directory.names, changes);
    directory.pending.push_back(std::move(changes));
  }
  InodePtr create(const Place& place, bool directory) {
    auto inode = std::make_shared<Inode>();
    inode->number = next_inode++;
    inode->directory = directory;
    change(*place.directory, {{place.name, inode}});
    return inode;
  }
};

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryFileSystem::State> state, InodePtr inode, std::string path, bool writable)
      : state_(std::move(state)), inode_(std::move(inode)), path_(std::move(path)), life_(state_->life), writable_(writable) {}

  Result<size_t> read_at(uint64_t position, char* to, size_t length) const override {
    if (life_ != state_->life) return refused("read (stale handle)", path_);
    if (position >= inode_->cached.size()) return 0;
    return inode_->cached.copy(to, length, static_cast<size_t>(position));
  }
  Status write_at(uint64_t position, std::span<const std::string_view> pieces) override {
    if (!may_write()) return refused("write", path_);
    std::string bytes;
    for (const auto piece : pieces) bytes.append(piece);
    bool torn = state_->torn_write_in > 0 && --state_->torn_write_in == 0;
    if (torn) bytes.resize(std::min<size_t>(bytes.size(), static_cast<size_t>(state_->torn_write_bytes)));
    if (state_->capacity != std::numeric_limits<uint64_t>::max()) {
      const uint64_t others = bytes_below(*state_->root) - inode_->cached.size();
      const uint64_t room = state_->capacity > others ? state_->capacity - others : 0;
      if (position + bytes.size() > std::max<uint64_t>(room, inode_->cached.size())) {
        torn = true;
        bytes.resize(room > position ? static_cast<size_t>(room - position) : 0);
      }
    }
    const size_t at = static_cast<size_t>(position);
    if (!bytes.empty()) {
      if (inode_->cached.size() < at + bytes.size()) {
        inode_->mark_dirty(inode_->cached.size(), at + bytes.size());
        inode_->cached.resize(at + bytes.size());
      }
      inode_->cached.replace(at, bytes.size(), bytes);
      inode_->mark_dirty(at, at + bytes.size());
    }
    if (torn) return refused("write (no space left or torn)", path_);
    return {};
  }
  Result<uint64_t> size() const override {
    if (life_ != state_->life) return refused("stat (stale handle)", path_);
    return inode_->cached.size();
  }
  Status truncate(uint64_t size) override {
    if (!may_write()) return refused("truncate", path_);
    const size_t former = inode_->cached.size();
    inode_->cached.resize(static_cast<size_t>(size));
    if (former != size) inode_->mark_dirty(std::min(former, static_cast<size_t>(size)), std::max(former, static_cast<size_t>(size)));
    return {};
  }
  Status sync() override {
    if (!may_write()) return refused("sync", path_);
    inode_->sync();
    ++state_->syncs;
    return {};
  }
  Result<uint64_t> inode() const override { return inode_->number; }
  int native_handle() const override { return -1; }

 private:
  bool may_write() const { return life_ == state_->life && writable_ && !state_->fails(path_); }

  std::shared_ptr<MemoryFileSystem::State> state_;
  InodePtr inode_;
  std::string path_;
  uint64_t life_;
  bool writable_;
};

class MemoryLock final : public FileLock {
 public:
  MemoryLock(std::shared_ptr<MemoryFileSystem::State> state, std::string path, uint64_t inode)
      : state_(std::move(state)), path_(std::move(path)), life_(state_->life), inode_(inode) {}
  ~MemoryLock() override {
    if (life_ == state_->life) state_->locks.erase(path_);
  }
  uint64_t inode() const override { return inode_; }

 private:
  std::shared_ptr<MemoryFileSystem::State> state_;
  std::string path_;
  uint64_t life_;
  uint64_t inode_;
};

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<State>()) {
  state_->root->number = 1;
  state_->root->directory = true;
}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::shared_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  const auto place = state_->place_of(path);
  if (!place || place->name.empty()) return missing(path);
  auto inode = state_->find(path);
  if (inode && inode->directory) return refused("open as a file the directory", path);
  if (inode && mode == OpenMode::kCreateNew) return refused("create, for it exists,", path);
  if (!inode) {
    if (mode == OpenMode::kRead || mode == OpenMode::kReadWrite) return missing(path);
    if (state_->fails(path)) return refused("create", path);
    inode = state_->create(*place, false);
  }
  return std::make_shared<MemoryFile>(state_, inode, path, mode != OpenMode::kRead);
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
  const auto inode = state_->find(directory);
  if (!inode || !inode->directory) return missing(directory);
  std::vector<std::string> names;
  for (const auto& [name, child] : inode->names) names.push_back(name);
  return names;
}

Result<bool> MemoryFileSystem::exists(const std::string& path) {
  return state_->find(path) != nullptr;
}

Status MemoryFileSystem::make_directory(const std::string& path) {
  if (const auto inode = state_->find(path)) {
    if (inode->directory) return {};
    return refused("create directory, for a file stands there,", path);
  }
  const auto place = state_->place_of(path);
  if (!place) return missing(path);
  if (state_->fails(path)) return refused("create directory", path);
  state_->create(*place, true);
  return {};
}

Status MemoryFileSystem::remove(const std::string& path) {
  const auto inode = state_->find(path);
  if (!inode) return missing(path);
  if (inode->directory || state_->fails(path)) return refused("remove", path);
  const auto place = state_->place_of(path);
  State::change(*place->directory, {{place->name, nullptr}});
  return {};
}

Status MemoryFileSystem::remove_tree(const std::string& directory) {
  const auto inode = state_->find(directory);
  if (!inode) return {};
  if (!inode->directory || inode == state_->root || state_->fails(directory)) return refused("remove directory", directory);
  const auto place = state_->place_of(directory);
  State::change(*place->directory, {{place->name, nullptr}});
  return {};
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const auto inode = state_->find(from);
  const auto source = state_->place_of(from);
  const auto target = state_->place_of(to);
  if (!inode || !source || !target || inode == state_->root) return missing(from);
  if (state_->fails(from) || state_->fails(to)) return refused("rename", from);
  const auto replaced = state_->find(to);
  if (replaced && (replaced->directory != inode->directory || !replaced->names.empty())) return refused("rename over", to);
  if (source->directory == target->directory) {
    State::change(*source->directory, {{source->name, nullptr}, {target->name, inode}});
  } else {
    State::change(*target->directory, {{target->name, inode}});
    State::change(*source->directory, {{source->name, nullptr}});
  }
  return {};
}

Status MemoryFileSystem::sync_directory(const std::string& directory) {
  const auto inode = state_->find(directory);
  if (!inode || !inode->directory) return missing(directory);
  if (state_->fails(directory)) return refused("sync directory", directory);
  inode->durable_names = inode->names;
  inode->pending.clear();
  ++state_->syncs;
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  auto file = open(path, OpenMode::kCreate);
  if (!file) return tl::unexpected(file.error());
  if (!state_->locks.insert(path).second) {
    return fail(ErrorCode::kDuplicateBrokerRegistration, path + " is locked by another process");
  }
  return std::make_unique<MemoryLock>(state_, path, (*file)->inode().value_or(0));
}

Result<FileSystemIdentity> MemoryFileSystem::identity(const std::string& path) {
  if (!state_->find(path)) return missing(path);
  return state_->identity;
}

Status MemoryFileSystem::sync_file_system(const std::string& directory) {
  if (state_->syncfs_fails) return refused("syncfs", directory);
  sync_below(*state_->root);
  ++state_->syncs;
  return {};
}

void MemoryFileSystem::lose_unsynced(Random& random) {
  kill_process();
  cut_power_below(*state_->root, random);
}

void MemoryFileSystem::kill_process() {
  ++state_->life;
  state_->locks.clear();
  state_->torn_write_in = 0;
}

void MemoryFileSystem::set_capacity(uint64_t bytes) {
  state_->capacity = bytes;
}
void MemoryFileSystem::tear_write(int nth, uint64_t bytes) {
  state_->torn_write_in = nth;
  state_->torn_write_bytes = bytes;
}
void MemoryFileSystem::fail_paths_with(std::string part) {
  state_->failing = std::move(part);
}
void MemoryFileSystem::fail_sync_file_system(bool broken) {
  state_->syncfs_fails = broken;
}
void MemoryFileSystem::set_identity(FileSystemIdentity identity) {
  state_->identity = std::move(identity);
}
uint64_t MemoryFileSystem::syncs() const {
  return state_->syncs;
}

void MemoryFileSystem::flip_bit(const std::string& path, uint64_t byte, int bit) {
  const auto inode = state_->find(path);
  BATON_ASSERT(inode && byte < inode->cached.size() && bit >= 0 && bit < 8);
  auto flip = [&](std::string& bytes) {
    if (byte < bytes.size()) bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
  };
  flip(inode->cached);
  flip(inode->durable);
}

}  // namespace baton
