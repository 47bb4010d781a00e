// One call to the C library: the request with its chroot in front, the buffers that the library fills in, and the
// translation of what came back. An implementation detail of zookeeper_store.cc.
#pragma once

#include <zookeeper/zookeeper.h>

#include <deque>
#include <string>
#include <vector>

#include "controller/coordination/store.h"

namespace baton::store {

StoreError translate(int zookeeper_code);

class ZooKeeperCall {
 public:
  // `complete` is told once, with this call's context, when the reply is there; the call must live until then, where it
  // is. A call that was preset with an error asks a harmless question instead, so that its answer keeps its place.
  using Complete = void (*)(void* context, Reply reply);

  ZooKeeperCall(std::string chroot, Request request, Complete complete, void* context);
  ZooKeeperCall(const ZooKeeperCall&) = delete;
  ZooKeeperCall& operator=(const ZooKeeperCall&) = delete;

  // ZOK, or why the library did not take it; then `complete` is never told.
  int send(zhandle_t* handle);

 private:
  int send_multi(zhandle_t* handle, const Multi& multi);
  void add(const Op& op, zoo_op_t& raw);
  Reply multi_reply(int code) const;
  std::string full(const std::string& path) const;

  static void on_data(int code, const char* value, int length, const struct ::Stat* stat, const void* self);
  static void on_stat(int code, const struct ::Stat* stat, const void* self);
  static void on_children(int code, const struct String_vector* names, const void* self);
  static void on_multi(int code, const void* self);
  static void on_refusal(int code, const struct ::Stat* stat, const void* self);
  void finish(Reply reply) const { complete_(context_, std::move(reply)); }

  std::string chroot_;
  Request request_;
  Complete complete_;
  void* context_;
  StoreError preset_ = StoreError::kOk;

  // Filled in by the library when a multi is answered; addresses must not change.
  std::vector<zoo_op_t> ops_;
  std::vector<zoo_op_result_t> results_;
  std::deque<std::string> paths_;
  std::deque<std::vector<char>> created_;
  std::deque<struct ::Stat> stats_;
};

}  // namespace baton::store
