#include "controller/coordination/memory_tree.h"

#include <fmt/format.h>

#include <utility>

#include "base/assert.h"

namespace baton::store {
namespace {

std::string parent_of(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string name_in_parent(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

bool well_formed(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  return path.size() == 1 || (path.back() != '/' && path.find("//") == std::string_view::npos);
}

OpResult refuse(StoreError error) {
  return OpResult{.error = error, .created_path = {}, .stat = {}};
}

bool is_sequential(NodeKind kind) {
  return kind == NodeKind::kEphemeralSequential || kind == NodeKind::kPersistentSequential;
}
bool is_ephemeral(NodeKind kind) {
  return kind == NodeKind::kEphemeral || kind == NodeKind::kEphemeralSequential;
}

}  // namespace

// What a multi did so far: how to take it back, and which watches it will fire once it stands.
struct MemoryTree::Transaction {
  int64_t zxid = 0;
  std::vector<std::function<void()>> undo;
  std::vector<WatchFired> fires;

  void roll_back() {
    for (auto step = undo.rbegin(); step != undo.rend(); ++step) (*step)();
  }
};

MemoryTree::MemoryTree() {
  nodes_.emplace("/", Node{}).first->second.stat.version = StoreVersion(0);
}

SessionId MemoryTree::open_session(WatchSink sink) {
  ++zxid_;
  SessionId id = ++last_session_;
  sessions_.emplace(id, Session{.sink = std::move(sink), .ephemerals = {}});
  return id;
}

Reply MemoryTree::apply(SessionId session, const Request& request) {
  Reply reply;
  if (!alive(session)) {
    reply.error = StoreError::kSessionExpired;
  } else if (size_of(request) > kRequestBytesMax) {
    reply.error = StoreError::kTooLarge;
  } else if (const Multi* multi = std::get_if<Multi>(&request)) {
    reply = write(session, *multi);
  } else {
    reply = read(session, request);
  }
  return reply;
}

Reply MemoryTree::read(SessionId session, const Request& request) {
  const std::string& path = *std::visit(
      [](const auto& one) -> const std::string* {
        if constexpr (requires { one.path; }) return &one.path;
        return nullptr;
      },
      request);
  const Node* node = find(path);
  const Exists* exists = std::get_if<Exists>(&request);
  const Children* children = std::get_if<Children>(&request);
  const Get* get = std::get_if<Get>(&request);
  bool watch = exists ? exists->watch : children ? children->watch : get->watch;
  if (watch && (node || exists)) (children ? child_watchers_ : data_watchers_)[path].insert(session);
  Reply reply;
  if (!node) {
    reply.error = StoreError::kNoNode;
    return reply;
  }
  if (children) {
    reply.children.assign(node->children.begin(), node->children.end());
  } else {
    reply.stat = node->stat;
    if (get) reply.data = node->data;
  }
  return reply;
}

Reply MemoryTree::write(SessionId session, const Multi& multi) {
  Transaction transaction{.zxid = zxid_ + 1, .undo = {}, .fires = {}};
  Reply reply;
  for (const Op& op : multi.ops) {
    if (!reply.ok()) {
      reply.results.push_back(refuse(StoreError::kRolledBack));
      continue;
    }
    reply.results.push_back(perform(session, op, transaction));
    reply.error = reply.results.back().error;
    if (reply.ok()) continue;
    transaction.roll_back();
    for (size_t i = 0; i + 1 < reply.results.size(); ++i) reply.results[i] = refuse(StoreError::kRolledBack);
  }
  if (reply.ok()) {
    zxid_ = transaction.zxid;
    fire(transaction);
  }
  return reply;
}

OpResult MemoryTree::perform(SessionId session, const Op& op, Transaction& transaction) {
  if (const Create* one = std::get_if<Create>(&op)) return create(session, *one, transaction);
  if (const SetData* one = std::get_if<SetData>(&op)) return set_data(*one, transaction);
  if (const Delete* one = std::get_if<Delete>(&op)) return remove(one->path, one->expected, transaction);
  return check(std::get<Check>(op));
}

OpResult MemoryTree::create(SessionId session, const Create& op, Transaction& transaction) {
  if (op.path.empty() || op.path.front() != '/') return refuse(StoreError::kOther);
  std::string parent_path = parent_of(op.path);
  auto parent = nodes_.find(parent_path);
  if (parent == nodes_.end()) return refuse(StoreError::kNoNode);
  std::string path = op.path;
  if (is_sequential(op.kind)) path += fmt::format("{:010}", parent->second.next_sequence);
  if (!well_formed(path)) return refuse(StoreError::kOther);
  if (nodes_.contains(path)) return refuse(StoreError::kNodeExists);
  if (parent->second.stat.ephemeral_owner != 0) return refuse(StoreError::kNoChildrenForEphemerals);

  Node node;
  node.data = op.data;
  node.stat = Stat{.czxid = transaction.zxid,
                   .mzxid = transaction.zxid,
                   .version = StoreVersion(0),
                   .ephemeral_owner = is_ephemeral(op.kind) ? session : 0};
  Node* above = &parent->second;
  above->children.insert(name_in_parent(path));
  above->next_sequence = static_cast<int32_t>(static_cast<uint32_t>(above->next_sequence) + 1);
  nodes_.emplace(path, std::move(node));
  if (is_ephemeral(op.kind)) sessions_.at(session).ephemerals.insert(path);
  transaction.undo.push_back([this, path, parent_path, session] {
    nodes_.erase(path);
    Node& restored = nodes_.find(parent_path)->second;
    restored.children.erase(name_in_parent(path));
    restored.next_sequence = static_cast<int32_t>(static_cast<uint32_t>(restored.next_sequence) - 1);
    sessions_.at(session).ephemerals.erase(path);
  });
  transaction.fires.push_back({WatchKind::kCreated, path});
  transaction.fires.push_back({WatchKind::kChildren, parent_path});
  return OpResult{.error = StoreError::kOk, .created_path = path, .stat = {}};
}

OpResult MemoryTree::set_data(const SetData& op, Transaction& transaction) {
  auto found = nodes_.find(op.path);
  if (found == nodes_.end()) return refuse(StoreError::kNoNode);
  Node& node = found->second;
  if (op.expected != StoreVersion() && op.expected != node.stat.version) return refuse(StoreError::kBadVersion);
  transaction.undo.push_back([this, path = op.path, data = node.data, stat = node.stat] {
    Node& restored = nodes_.find(path)->second;
    restored.data = data;
    restored.stat = stat;
  });
  node.data = op.data;
  node.stat.mzxid = transaction.zxid;
  node.stat.version = node.stat.version.next();
  transaction.fires.push_back({WatchKind::kChanged, op.path});
  return OpResult{.error = StoreError::kOk, .created_path = {}, .stat = node.stat};
}

OpResult MemoryTree::remove(const std::string& path, StoreVersion expected, Transaction& transaction) {
  auto found = nodes_.find(path);
  if (found == nodes_.end()) return refuse(StoreError::kNoNode);
  const Node& node = found->second;
  if (expected != StoreVersion() && expected != node.stat.version) return refuse(StoreError::kBadVersion);
  if (!node.children.empty()) return refuse(StoreError::kNotEmpty);
  if (path == "/") return refuse(StoreError::kOther);
  std::string parent_path = parent_of(path);
  SessionId owner = node.stat.ephemeral_owner;
  transaction.undo.push_back([this, path, parent_path, owner, copy = node] {
    nodes_.emplace(path, copy);
    nodes_.find(parent_path)->second.children.insert(name_in_parent(path));
    if (owner != 0) sessions_.at(owner).ephemerals.insert(path);
  });
  if (auto session = sessions_.find(owner); session != sessions_.end()) session->second.ephemerals.erase(path);
  nodes_.erase(found);
  nodes_.find(parent_path)->second.children.erase(name_in_parent(path));
  transaction.fires.push_back({WatchKind::kDeleted, path});
  transaction.fires.push_back({WatchKind::kChildren, parent_path});
  return refuse(StoreError::kOk);
}

OpResult MemoryTree::check(const Check& op) const {
  const Node* node = find(op.path);
  if (!node) return refuse(StoreError::kNoNode);
  bool passes = op.expected == StoreVersion() || op.expected == node->stat.version;
  return refuse(passes ? StoreError::kOk : StoreError::kBadVersion);
}

void MemoryTree::expire(SessionId session) {
  auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  for (Watchers* watchers : {&data_watchers_, &child_watchers_}) {
    for (auto& [path, audience] : *watchers) audience.erase(session);
    std::erase_if(*watchers, [](const auto& entry) { return entry.second.empty(); });
  }
  Transaction transaction{.zxid = ++zxid_, .undo = {}, .fires = {}};
  std::set<std::string> ephemerals = found->second.ephemerals;
  for (const std::string& path : ephemerals) BATON_ASSERT(remove(path, StoreVersion(), transaction).error == StoreError::kOk);
  sessions_.erase(found);
  fire(transaction);
}

void MemoryTree::fire(const Transaction& transaction) {
  for (const WatchFired& fired : transaction.fires) {
    std::set<SessionId> told;
    if (fired.kind != WatchKind::kChildren) fire_one(data_watchers_, fired, told);
    // A node's deletion is told to those who watch its children as well, and to each session once.
    if (fired.kind == WatchKind::kChildren || fired.kind == WatchKind::kDeleted) fire_one(child_watchers_, fired, told);
  }
}

void MemoryTree::fire_one(Watchers& watchers, const WatchFired& fired, std::set<SessionId>& told) {
  auto found = watchers.find(fired.path);
  if (found == watchers.end()) return;
  std::set<SessionId> audience = std::move(found->second);
  watchers.erase(found);
  for (SessionId session : audience) {
    if (told.insert(session).second) sessions_.at(session).sink(fired);
  }
}

const MemoryTree::Node* MemoryTree::find(std::string_view path) const {
  auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

void MemoryTree::set_next_sequence(const std::string& path, int32_t next) {
  auto found = nodes_.find(path);
  BATON_ASSERT(found != nodes_.end());
  found->second.next_sequence = next;
}

std::string MemoryTree::dump() const {
  std::string text;
  for (const auto& [path, node] : nodes_) {
    text += fmt::format("{} v{} c{} m{} o{:x} {}\n", path, node.stat.version.value(), node.stat.czxid, node.stat.mzxid,
                        node.stat.ephemeral_owner, node.data);
  }
  return text;
}

}  // namespace baton::store
