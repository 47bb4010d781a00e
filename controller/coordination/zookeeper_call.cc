#include "controller/coordination/zookeeper_call.h"

#include <algorithm>
#include <utility>

namespace baton::store {
namespace {

constexpr size_t kSequenceBytesMax = 11;  // "-2147483648"

Stat stat_of(const struct ::Stat& raw) {
  return Stat{.czxid = raw.czxid, .mzxid = raw.mzxid, .version = StoreVersion(raw.version), .ephemeral_owner = raw.ephemeralOwner};
}

Reply reply_of(int code) {
  Reply reply;
  reply.error = translate(code);
  return reply;
}

int mode_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::kPersistent:
      return ZOO_PERSISTENT;
    case NodeKind::kEphemeral:
      return ZOO_EPHEMERAL;
    case NodeKind::kEphemeralSequential:
      return ZOO_EPHEMERAL_SEQUENTIAL;
    case NodeKind::kPersistentSequential:
      return ZOO_PERSISTENT_SEQUENTIAL;
  }
  return ZOO_PERSISTENT;
}

const ZooKeeperCall* call_of(const void* self) {
  return static_cast<const ZooKeeperCall*>(self);
}

}  // namespace

// Whatever leaves open whether the call took effect is kConnectionLoss.
StoreError translate(int zookeeper_code) {
  switch (zookeeper_code) {
    case ZOK:
      return StoreError::kOk;
    case ZNONODE:
      return StoreError::kNoNode;
    case ZNODEEXISTS:
      return StoreError::kNodeExists;
    case ZBADVERSION:
      return StoreError::kBadVersion;
    case ZNOTEMPTY:
      return StoreError::kNotEmpty;
    case ZNOCHILDRENFOREPHEMERALS:
      return StoreError::kNoChildrenForEphemerals;
    case ZRUNTIMEINCONSISTENCY:
      return StoreError::kRolledBack;
    case ZCONNECTIONLOSS:
    case ZOPERATIONTIMEOUT:
    case ZSESSIONMOVED:
    case ZSYSTEMERROR:
    case ZMARSHALLINGERROR:
      return StoreError::kConnectionLoss;
    case ZINVALIDSTATE:  // the handle is beyond recovery
    case ZSESSIONEXPIRED:
      return StoreError::kSessionExpired;
    case ZCLOSING:
      return StoreError::kClosed;
    case ZNOAUTH:
    case ZAUTHFAILED:
    case ZINVALIDACL:
      return StoreError::kAccessDenied;
    default:
      return StoreError::kOther;
  }
}

ZooKeeperCall::ZooKeeperCall(std::string chroot, Request request, Complete complete, void* context)
    : chroot_(std::move(chroot)), request_(std::move(request)), complete_(complete), context_(context) {}

int ZooKeeperCall::send(zhandle_t* handle) {
  if (size_of(request_) > kRequestBytesMax) {
    preset_ = StoreError::kTooLarge;
    return zoo_aexists(handle, "/", 0, &on_refusal, this);
  }
  if (const Get* get = std::get_if<Get>(&request_)) return zoo_aget(handle, full(get->path).c_str(), get->watch, &on_data, this);
  if (const Exists* exists = std::get_if<Exists>(&request_)) {
    return zoo_aexists(handle, full(exists->path).c_str(), exists->watch, &on_stat, this);
  }
  if (const Children* children = std::get_if<Children>(&request_)) {
    return zoo_aget_children(handle, full(children->path).c_str(), children->watch, &on_children, this);
  }
  const Multi& multi = std::get<Multi>(request_);
  if (multi.ops.empty()) return zoo_aexists(handle, "/", 0, &on_refusal, this);
  return send_multi(handle, multi);
}

int ZooKeeperCall::send_multi(zhandle_t* handle, const Multi& multi) {
  ops_.resize(multi.ops.size());
  results_.resize(multi.ops.size());
  for (size_t i = 0; i < multi.ops.size(); ++i) add(multi.ops[i], ops_[i]);
  return zoo_amulti(handle, static_cast<int>(ops_.size()), ops_.data(), results_.data(), &on_multi, this);
}

void ZooKeeperCall::add(const Op& op, zoo_op_t& raw) {
  const std::string& path = paths_.emplace_back(std::visit([this](const auto& one) { return full(one.path); }, op));
  if (const Create* create = std::get_if<Create>(&op)) {
    std::vector<char>& created = created_.emplace_back(path.size() + kSequenceBytesMax + 1);
    zoo_create_op_init(&raw, path.c_str(), create->data.data(), static_cast<int>(create->data.size()), &ZOO_OPEN_ACL_UNSAFE,
                       mode_of(create->kind), created.data(), static_cast<int>(created.size()));
  } else if (const SetData* set = std::get_if<SetData>(&op)) {
    zoo_set_op_init(&raw, path.c_str(), set->data.data(), static_cast<int>(set->data.size()), set->expected.value(),
                    &stats_.emplace_back());
  } else if (const Delete* remove = std::get_if<Delete>(&op)) {
    zoo_delete_op_init(&raw, path.c_str(), remove->expected.value());
  } else {
    zoo_check_op_init(&raw, path.c_str(), std::get<Check>(op).expected.value());
  }
}

// A failed multi names the culprit; the library says "ok" of those before it and "inconsistency" of those after it.
Reply ZooKeeperCall::multi_reply(int code) const {
  Reply reply = reply_of(code);
  bool answered = std::any_of(results_.begin(), results_.end(), [](const zoo_op_result_t& one) { return one.err != ZOK; });
  if (!reply.ok() && !answered) return reply;
  const Multi& multi = std::get<Multi>(request_);
  auto created = created_.begin();
  auto stat = stats_.begin();
  for (size_t i = 0; i < multi.ops.size(); ++i) {
    OpResult result;
    result.error = translate(results_[i].err);
    if (!reply.ok() && result.error == StoreError::kOk) result.error = StoreError::kRolledBack;
    bool is_create = std::holds_alternative<Create>(multi.ops[i]);
    bool is_set = std::holds_alternative<SetData>(multi.ops[i]);
    if (reply.ok() && is_create) result.created_path = std::string(created->data()).substr(chroot_.size());
    if (reply.ok() && is_set) result.stat = stat_of(*stat);
    created += is_create;
    stat += is_set;
    reply.results.push_back(std::move(result));
  }
  return reply;
}

std::string ZooKeeperCall::full(const std::string& path) const {
  if (chroot_.empty()) return path;
  return path == "/" ? chroot_ : chroot_ + path;
}

void ZooKeeperCall::on_data(int code, const char* value, int length, const struct ::Stat* stat, const void* self) {
  Reply reply = reply_of(code);
  if (reply.ok()) {
    if (value != nullptr && length > 0) reply.data.assign(value, static_cast<size_t>(length));
    reply.stat = stat_of(*stat);
  }
  call_of(self)->finish(std::move(reply));
}

void ZooKeeperCall::on_stat(int code, const struct ::Stat* stat, const void* self) {
  Reply reply = reply_of(code);
  if (reply.ok()) reply.stat = stat_of(*stat);
  call_of(self)->finish(std::move(reply));
}

void ZooKeeperCall::on_children(int code, const struct String_vector* names, const void* self) {
  Reply reply = reply_of(code);
  if (reply.ok()) {
    reply.children.assign(names->data, names->data + names->count);
    std::sort(reply.children.begin(), reply.children.end());
  }
  call_of(self)->finish(std::move(reply));
}

void ZooKeeperCall::on_multi(int code, const void* self) {
  call_of(self)->finish(call_of(self)->multi_reply(code));
}

void ZooKeeperCall::on_refusal(int code, const struct ::Stat*, const void* self) {
  Reply reply = reply_of(code);
  if (reply.ok()) reply.error = call_of(self)->preset_;
  call_of(self)->finish(std::move(reply));
}

}  // namespace baton::store
