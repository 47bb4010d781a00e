// The broker's end of the plugin's C ABI (controller/plugin/baton.h): opens the manager, turns its events into calls, keeps
// the image up to date, and finds for each response the request that it answers.
//
// Threading: open() and close() by the owner; the rest from any thread. ManagerEvents is called on the manager's event
// thread, one call at a time: it passes on to the shards and returns.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/function.h"
#include "base/result.h"
#include "broker/metadata/image.h"

namespace baton::control {
class Delta;
class Registered;
class Request;
class Response;
class Roles;
class Yield;
}  // namespace baton::control

namespace baton {

class ManagerEvents {
 public:
  virtual ~ManagerEvents() = default;
  virtual void on_image(ImagePtr image) = 0;
  // The change that the image has just taken up, with what the image does not hold.
  virtual void on_change(const control::Delta&) {}
  virtual void on_roles(const control::Roles& roles) = 0;
  // R4.2: the word is asked for, for these leaderships.
  virtual void on_yield(const control::Yield& wanted) = 0;
  virtual void on_registered(const control::Registered& registered) = 0;
  // Every role is to be stopped; then ManagerLink::stopped() is called.
  virtual void on_stop(const std::string& reason) = 0;
  // The process is to end.
  virtual void on_fatal(const std::string& message) = 0;
};

class ManagerLink {
 public:
  ManagerLink();
  ~ManagerLink();
  ManagerLink(const ManagerLink&) = delete;
  ManagerLink& operator=(const ManagerLink&) = delete;

  Status open(const std::map<std::string, std::string>& properties, ManagerEvents& events);
  // Asks the controller (or this node, for what it answers itself). `done` is called once, on the reactor that called
  // submit(), or on the manager's thread when it was called from elsewhere. The correlation is set here.
  void submit(control::Request request, Function<void(control::Response)> done);
  // R5: until when this broker may act as leader where the lease gates it; Instant{0}: not at all. Wait-free.
  Instant lease_deadline() const;
  void stopped();
  // After it no event comes; requests that were open have been answered.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton
