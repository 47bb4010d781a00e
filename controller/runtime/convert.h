// Between the controller's plain values and the manager's messages.
#pragma once

#include "controller/agent/partition_form.h"
#include "controller/decision/events.h"
#include "controller/messages/control.pb.h"

namespace baton::node {

// A partition's forms are the agent's, too.
using agent::merge;
using agent::to_message;
using agent::to_plain;
using agent::to_record;
using agent::to_row;

control::TopicEntry to_message(const decision::TopicRecord& topic);
decision::TopicRecord to_record(const std::string& name, const control::TopicEntry& entry);
control::Topic to_image(const decision::TopicRecord& topic);

decision::Registration to_record(const control::Registration& message, BrokerEpoch epoch, StoreVersion version);
decision::VouchedReplica to_record(const control::ReplicaEnd& message);
std::vector<decision::CandidateSeen> to_records(const std::vector<control::Candidate>& queue);
decision::OwnWord::Stopped to_record(const control::Stopped& message);

decision::IsrChange to_record(const control::AlterIsrPartition& message);
decision::NewTopic to_record(const control::NewTopic& message);
decision::MutatingClient to_record(const control::MutatingClient& message);
decision::TopicChoice to_record(const control::TopicName& message);
decision::MoveRequested to_record(uint64_t request, const control::MoveLeaders& message);
decision::ReassignRequested to_record(uint64_t request, const control::ReassignPartitions& message);
decision::BrokerOrdered to_record(uint64_t request, const control::OrderBroker& message);
// Orders are stored with the wall clock's times; `wall_offset` is the wall clock less the controller's.
control::Orders to_message(const decision::Orders& orders, Duration wall_offset);
decision::Orders to_record(const control::Orders& message, Duration wall_offset);
// Of what was stored, fields that this version does not know: those of the whole, and of each order that still stands.
void keep_unknown(const control::Orders& stored, control::Orders& fresh);
void keep_unknown(const control::BrokerConfigs& stored, control::BrokerConfigs& fresh);
decision::LoadReported to_record(BrokerId id, BrokerEpoch epoch, const control::LoadReport& message);
decision::GrowRequested to_record(uint64_t request, const control::GrowTopics& message);
decision::ConfigsRequested to_record(uint64_t request, const control::ChangeConfigs& message);
control::BrokerConfigs to_message(const decision::BrokerConfigs& configs);
decision::BrokerConfigs to_record(const control::BrokerConfigs& message);
control::Yield to_message(const decision::AskToYield& question);

// The answer to a request, without its correlation and controller epoch.
control::Response to_message(const decision::Answer& answer);

}  // namespace baton::node
