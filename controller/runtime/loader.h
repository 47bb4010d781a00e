// Reads at activation, after the claim is confirmed, what the former controller left: pages, topics, marks, producer ids.
// Pages are read after the claim, so no write of a deposed controller can follow (R3).
//
// A warm standby need not read what it has: of a page that its image holds whole, only the transaction is asked for, and where that is the
// one it was told, the image is the page. Pure.
#pragma once

#include <functional>
#include <map>

#include "controller/agent/image.h"
#include "controller/runtime/broker_reader.h"
#include "controller/runtime/door.h"

namespace baton::node {

class Loader {
 public:
  // The image outlives the loader; it may go on changing. `known`: the highest version of the metadata's forms that this process knows.
  Loader(AskStore ask, const agent::Image& image, Door& door, int32_t known, std::function<void()> done)
      : ask_(std::move(ask)), image_(image), door_(door), known_(known), done_(std::move(done)) {}

  void start();
  bool incomplete() const { return incomplete_; }
  bool settled() const { return outstanding_ == 0; }
  // Not empty: why nothing may be decided on what the store holds. It is no controller's of ours, or a later one's (then outdated()).
  const std::string& broken() const { return broken_; }
  bool outdated() const { return outdated_; }
  // How many pages were read, and how many were as the image had them.
  size_t pages_read() const { return pages_read_; }
  size_t pages_kept() const { return pages_kept_; }
  // What was read, without the brokers.
  decision::Loaded& loaded() { return loaded_; }

 private:
  void counted(store::Request request, std::function<void(const store::Reply&)> then);
  void unreadable(const std::string& path) { broken_ = "the store holds at " + path + " what can not be read; nothing is decided on it"; }
  void too_new(std::string why);
  void read_level();
  void start_pages();
  void read_page(const std::string& name);
  void check_page(const std::string& name);
  // False: the image has moved on from a page that was to be taken from it.
  bool take_kept();
  void finish();
  void each_child(const char* parent, std::function<void(const std::string& name, const store::Reply&)> then);

  AskStore ask_;
  const agent::Image& image_;
  Door& door_;
  int32_t known_;
  std::function<void()> done_;
  int outstanding_ = 0;
  bool incomplete_ = false;
  std::string broken_;
  bool outdated_ = false;
  std::map<int32_t, store::Stat> kept_;
  size_t pages_read_ = 0;
  size_t pages_kept_ = 0;
  decision::Loaded loaded_;
};

}  // namespace baton::node
