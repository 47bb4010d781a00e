// The brokers' control streams, as the controller serves them (R7).
#include <algorithm>

#include "base/logging.h"
#include "controller/runtime/convert.h"
#include "controller/runtime/ruler.h"

namespace baton::node {

void Ruler::frame(Instant now, StreamId id, const control::Frame& frame, Effects& out) {
  now_ = now;
  out_ = &out;
  if (!over_.empty()) return;
  if (frame.has_stream_hello()) {
    Stream& stream = streams_[id];
    stream.hello = frame.stream_hello();
    stream.id = BrokerId(stream.hello.broker_id());
    stream.epoch = BrokerEpoch(stream.hello.broker_epoch());
    stream.incarnation = Incarnation(Uuid::from_bytes(stream.hello.incarnation()));
    stream.observer = stream.hello.observer();
    stream.metadata_version = metadata_version_of(stream.hello.metadata_version());
    stream.last_heard = now;
    if (loaded_) answer_hello(id, stream);
    return;
  }
  auto found = streams_.find(id);
  if (found == streams_.end() && frame.has_request()) return operator_request(id, frame.request());
  if (found == streams_.end() || !found->second.open) return;
  found->second.last_heard = now;
  if (frame.has_pong()) heard_pong(id, found->second, frame.pong().nonce());
  if (frame.has_request()) request(id, found->second, frame.request());
}

void Ruler::stream_closed(Instant now, StreamId id, Effects& out) {
  now_ = now;
  out_ = &out;
  if (operators_.erase(id) > 0) return;
  lose(id, now);
}

void Ruler::lose(StreamId id, Instant last_heard) {
  if (auto lost = forget(id, last_heard)) feed(*lost);
}

std::optional<decision::StreamLost> Ruler::forget(StreamId id, Instant last_heard) {
  auto found = streams_.find(id);
  if (found == streams_.end()) return std::nullopt;
  const Stream stream = std::move(found->second);
  streams_.erase(found);
  lost_applying(id);
  if (!stream.open || stream.observer) return std::nullopt;
  for (const auto& [other, each] : streams_) {
    if (each.open && each.id == stream.id && each.epoch == stream.epoch) return std::nullopt;  // it has opened another one meanwhile
  }
  return decision::StreamLost{stream.id, stream.epoch, last_heard};
}

bool Ruler::hears(BrokerId id, BrokerEpoch epoch) const {
  return std::any_of(streams_.begin(), streams_.end(),
                     [&](const auto& each) { return each.second.open && each.second.id == id && each.second.epoch == epoch; });
}

void Ruler::close_streams(Effects& out) {
  for (const auto& [id, stream] : streams_) out.push_back(Close{id});
  for (StreamId id : operators_) out.push_back(Close{id});
  streams_.clear();
  operators_.clear();
}

void Ruler::refuse_hello(StreamId id, ErrorCode error, const std::string& why) {
  control::Frame frame;
  control::StreamHelloReply& reply = *frame.mutable_stream_hello_reply();
  reply.set_controller_epoch(config_.epoch.value());
  reply.set_controller_id(config_.self.value());
  reply.set_error(static_cast<int32_t>(error));
  reply.set_message(why);
  reply.set_metadata_version(controller_.level().value());
  send(id, std::move(frame));
  out_->push_back(Close{id});
  streams_.erase(id);
}

// One of a release that looks at the level itself stops when it hears this; an earlier one goes on asking, and says nothing.
void Ruler::refuse_outdated(StreamId id, const Stream& stream) {
  const int32_t level = controller_.level().value();
  if (told_outdated_.insert(stream.id).second) {
    log::warn(
        "process {} is refused: it knows versions of the metadata up to {} only, and the cluster is at {}. Start a newer release there",
        stream.id.value(), stream.metadata_version, level);
  }
  refuse_hello(id, ErrorCode::kUnsupportedVersion, outdated_process(level, stream.metadata_version));
}

void Ruler::answer_hello(StreamId id, Stream& stream) {
  const control::StreamHello& hello = stream.hello;
  if (!hello.cluster_id().empty() && hello.cluster_id() != config_.cluster_id) {
    return refuse_hello(id, ErrorCode::kInconsistentClusterId, "this is cluster " + config_.cluster_id);
  }
  if (hello.highest_controller_epoch() > config_.epoch.value()) {
    return refuse_hello(id, ErrorCode::kNotController, "a later controller has been seen");
  }
  if (stream.metadata_version < controller_.level().value()) {
    return refuse_outdated(id, stream);
  }
  // Said under a later controller, of a level that this one does not know of: it is deposed, and could not read it.
  if (hello.vouched_size() > 0 && config_.controller.metadata_version < kMetadataColumns) {
    return refuse_hello(id, ErrorCode::kUnsupportedVersion, "this controller knows no replicas by runs");
  }
  if (stream.observer) return welcome(id, stream);
  const decision::Registration* known = controller_.members().registration(stream.id);
  if (known == nullptr || known->epoch < stream.epoch) {
    brokers_.read(stream.id);  // registered a moment ago: answered when it has been read
    return;
  }
  if (known->epoch != stream.epoch || !controller_.members().live(stream.id)) {
    return refuse_hello(id, ErrorCode::kStaleBrokerEpoch, "this incarnation is not the registered one");
  }
  decision::StreamOpened opened{stream.id, stream.epoch, {}, {}, hello.leaving()};
  for (const control::ReplicaEnd& replica : hello.replicas()) opened.replicas.push_back(to_record(replica));
  for (const control::VouchedRuns& topic : hello.vouched()) {
    const TopicId named(Uuid::from_bytes(topic.topic_id()));
    for (int i = 0; i + 1 < topic.runs_size(); i += 2) opened.clean.push_back({named, topic.runs(i), topic.runs(i + 1)});
  }
  decision::OwnWord word{stream.id, stream.epoch, {}};
  for (const control::Stopped& stopped : hello.stopped()) word.partitions.push_back(to_record(stopped));
  welcome(id, stream);
  feed(opened);
  if (!word.partitions.empty()) feed(word);
}

// The whole image, and at once the question whether it has been applied: who has just come is a standby only after that.
void Ruler::welcome(StreamId id, Stream& stream) {
  control::Frame frame;
  frame.mutable_stream_hello_reply()->set_controller_epoch(config_.epoch.value());
  frame.mutable_stream_hello_reply()->set_controller_id(config_.self.value());
  frame.mutable_stream_hello_reply()->set_metadata_version(controller_.level().value());
  send(id, std::move(frame));
  control::Frame image;
  *image.mutable_delta() = snapshot(stream.hello);
  send(id, std::move(image));
  stream.open = true;
  if (!stream.observer) recorder_.followed(now_, stream.id);
  stream.hello.Clear();
  stream.following = {now_, {}, {-1, delta_offset_}, -1};
  ask_for_life(id, stream);
}

void Ruler::answer_waiting() {
  std::vector<StreamId> waiting;
  for (const auto& [id, stream] : streams_) {
    if (!stream.open) waiting.push_back(id);
  }
  for (StreamId id : waiting) {
    auto found = streams_.find(id);
    if (found == streams_.end() || found->second.open) continue;
    const decision::Registration* known = controller_.members().registration(found->second.id);
    // Not read yet: asked for once, when the hello came.
    if (loaded_ && !found->second.observer && known != nullptr && known->epoch < found->second.epoch) continue;
    answer_hello(id, found->second);
  }
}

void Ruler::request(StreamId id, const Stream& stream, const control::Request& message) {
  if (stream.observer) return refuse_request(id, message.correlation(), ErrorCode::kInvalidRequest, "only a broker may ask that");
  if (history_request(id, message)) return;
  const BrokerEpoch epoch(message.broker_epoch());
  if (message.has_load_report()) {
    feed(to_record(stream.id, epoch, message.load_report()));
    return respond(id, message.correlation(), {});
  }
  if (refused_for_outage(id, message)) return;
  const decision::RequestId number = ++last_request_;
  requests_[number] = {id, message.correlation(), is_mutation(message)};
  if (message.has_alter_isr()) {
    decision::IsrRequested event{number, stream.id, epoch, {}};
    for (const auto& change : message.alter_isr().partitions()) event.changes.push_back(to_record(change));
    return feed(event);
  }
  if (common_request(number, message)) return;
  if (message.has_controlled_shutdown()) return feed(decision::LeavingRequested{number, stream.id, epoch});
  requests_.erase(number);
  if (message.has_stopped_leading()) {
    decision::OwnWord word{stream.id, epoch, {}};
    for (const control::Stopped& stopped : message.stopped_leading().partitions()) word.partitions.push_back(to_record(stopped));
    feed(word);
    return respond(id, message.correlation(), {});
  }
  refuse_request(id, message.correlation(), ErrorCode::kUnsupportedVersion, "this controller does not know that request");
}

void Ruler::operator_request(StreamId id, const control::Request& message) {
  operators_.insert(id);
  if (!loaded_) return refuse_request(id, message.correlation(), ErrorCode::kNotController, "this controller is still reading the store");
  if (history_request(id, message)) return;
  if (refused_for_outage(id, message)) return;
  const decision::RequestId number = ++last_request_;
  requests_[number] = {id, message.correlation(), is_mutation(message)};
  if (common_request(number, message)) return;
  requests_.erase(number);
  refuse_request(id, message.correlation(), ErrorCode::kUnsupportedVersion, "this controller does not know that request of an operator");
}

bool Ruler::common_request(decision::RequestId number, const control::Request& message) {
  if (message.has_create_topics()) {
    decision::CreateRequested event{number, {}, message.create_topics().validate_only(), to_record(message.create_topics().client())};
    for (const auto& topic : message.create_topics().topics()) event.topics.push_back(to_record(topic));
    feed(event);
    return true;
  }
  if (message.has_delete_topics()) {
    decision::DeleteRequested event{number, {}, to_record(message.delete_topics().client())};
    for (const auto& topic : message.delete_topics().topics()) event.topics.push_back(to_record(topic));
    feed(event);
    return true;
  }
  if (message.has_grow_topics()) {
    feed(to_record(number, message.grow_topics()));
    return true;
  }
  if (message.has_change_configs()) {
    feed(to_record(number, message.change_configs()));
    return true;
  }
  if (message.has_move_leaders()) {
    feed(to_record(number, message.move_leaders()));
    return true;
  }
  if (message.has_order_broker()) {
    feed(to_record(number, message.order_broker()));
    return true;
  }
  if (message.has_explain()) {
    feed(decision::ExplainRequested{number, {message.explain().topic(), message.explain().partition()}});
    return true;
  }
  if (message.has_what_if()) {
    decision::WhatIfRequested event{number, {}};
    for (int32_t id : message.what_if().dead()) event.dead.insert(BrokerId(id));
    feed(event);
    return true;
  }
  if (message.has_reassign()) {
    feed(to_record(number, message.reassign()));
    return true;
  }
  if (message.has_allocate_producer_ids()) {
    feed(decision::ProducerIdsRequested{number});
    return true;
  }
  return false;
}

void Ruler::ask_to_yield(const decision::AskToYield& question) {
  control::Frame frame;
  *frame.mutable_yield() = to_message(question);
  for (const auto& [id, stream] : streams_) {
    if (stream.open && stream.id == question.broker) send(id, frame);
  }
}

bool Ruler::history_request(StreamId id, const control::Request& message) {
  control::Response response;
  if (message.has_query_failovers()) {
    const int32_t last = message.query_failovers().last();
    *response.mutable_failovers() = recorder_.history(last > 0 ? static_cast<size_t>(last) : SIZE_MAX);
  } else if (message.has_first_acknowledgement() && streams_.contains(id)) {
    recorder_.acknowledged(now_, streams_.at(id).id, message.first_acknowledgement());
  } else {
    return false;
  }
  respond(id, message.correlation(), std::move(response));
  return true;
}

void Ruler::refuse_request(StreamId id, uint64_t correlation, ErrorCode error, std::string why) {
  control::Response refusal;
  refusal.set_error(static_cast<int32_t>(error));
  refusal.set_message(std::move(why));
  respond(id, correlation, std::move(refusal));
}

void Ruler::respond(StreamId stream, uint64_t correlation, control::Response response) {
  if (!streams_.contains(stream) && !operators_.contains(stream)) return;
  response.set_correlation(correlation);
  response.set_controller_epoch(config_.epoch.value());
  control::Frame frame;
  *frame.mutable_response() = std::move(response);
  send(stream, std::move(frame));
}

}  // namespace baton::node
