#include "tests/clients/librdkafka/client.h"

#include <gtest/gtest.h>

#include "tests/clients/librdkafka/cluster.h"

namespace baton::clients {
namespace {

constexpr int kPatienceMs = 60'000;

std::optional<std::string> bytes_of(const void* data, size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}

// librdkafka takes the headers over when it takes the message.
RdKafka::Headers* headers_of(const Message& message) {
  auto* headers = RdKafka::Headers::create();
  for (const auto& [name, value] : message.headers) headers->add(name, value);
  return headers;
}

Read as_read(RdKafka::Message& message) {
  Read read;
  if (message.key_pointer() != nullptr) read.key = bytes_of(message.key_pointer(), message.key_len());
  read.value = bytes_of(message.payload(), message.len());
  read.timestamp = message.timestamp().timestamp;
  read.append_time = message.timestamp().type == RdKafka::MessageTimestamp::MSG_TIMESTAMP_LOG_APPEND_TIME;
  read.partition = message.partition();
  read.offset = message.offset();
  if (auto* headers = message.headers()) {
    for (auto& header : headers->get_all()) {
      read.headers.emplace_back(header.key(), std::string(static_cast<const char*>(header.value()), header.value_size()));
    }
  }
  return read;
}

}  // namespace

void PrintTo(const Message& message, std::ostream* out) {
  constexpr size_t kShown = 30;
  *out << message.key.value_or("(null)") << ": " << message.value.value_or("(null)").substr(0, kShown) << " at " << message.timestamp;
  for (const auto& [name, value] : message.headers) *out << " " << name << "=" << value;
}

std::unique_ptr<RdKafka::Conf> configuration(const Settings& settings) {
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  std::string error;
  auto set = [&](const std::string& key, const std::string& value) {
    if (conf->set(key, value, error) == RdKafka::Conf::CONF_OK) return;
    fprintf(stderr, "%s\n", error.c_str());
    abort();
  };
  set("bootstrap.servers", cluster().bootstrap());
  for (const auto& [key, value] : settings) set(key, value);
  return conf;
}

Producer::Producer(const Settings& settings) {
  auto conf = configuration(settings);
  std::string error;
  conf->set("dr_cb", static_cast<RdKafka::DeliveryReportCb*>(this), error);
  producer_.reset(RdKafka::Producer::create(conf.get(), error));
  if (producer_ == nullptr) ADD_FAILURE() << error;
}

std::vector<Delivery> Producer::send(const std::string& topic, const std::vector<Message>& messages, int32_t partition) {
  std::vector<Delivery> deliveries(messages.size());
  for (size_t i = 0; i < messages.size(); ++i) {
    const Message& message = messages[i];
    auto* headers = headers_of(message);
    void* value = message.value ? const_cast<char*>(message.value->data()) : nullptr;
    const void* key = message.key ? message.key->data() : nullptr;
    deliveries[i].error = RdKafka::ERR__IN_PROGRESS;
    auto error = producer_->produce(topic, partition, RdKafka::Producer::RK_MSG_COPY, value, message.value ? message.value->size() : 0, key,
                                    message.key ? message.key->size() : 0, message.timestamp, headers, &deliveries[i]);
    if (error == RdKafka::ERR_NO_ERROR) continue;
    delete headers;
    deliveries[i].error = error;
  }
  EXPECT_EQ(producer_->flush(kPatienceMs), RdKafka::ERR_NO_ERROR);
  return deliveries;
}

Delivery Producer::send_one(const std::string& topic, const Message& message, int32_t partition) {
  return send(topic, {message}, partition).front();
}

void Producer::dr_cb(RdKafka::Message& message) {
  *static_cast<Delivery*>(message.msg_opaque()) = {message.err(), message.partition(), message.offset()};
}

Consumer::Consumer(const Settings& settings, const std::string& group) {
  Settings all = settings;
  all.insert({{"group.id", group}, {"enable.partition.eof", "true"}, {"auto.offset.reset", "earliest"}});
  auto conf = configuration(all);
  std::string why;
  // Silent: what a test expects to fail need not be told on standard error.
  conf->set("event_cb", static_cast<RdKafka::EventCb*>(this), why);
  consumer_.reset(RdKafka::KafkaConsumer::create(conf.get(), why));
  if (consumer_ == nullptr) ADD_FAILURE() << why;
}

Consumer::~Consumer() {
  consumer_->close();
}

void Consumer::assign(const std::string& topic, int32_t partition, int64_t offset) {
  std::unique_ptr<RdKafka::TopicPartition> at(RdKafka::TopicPartition::create(topic, partition, offset));
  EXPECT_EQ(consumer_->assign({at.get()}), RdKafka::ERR_NO_ERROR);
}

void Consumer::subscribe(const std::string& topic) {
  EXPECT_EQ(consumer_->subscribe({topic}), RdKafka::ERR_NO_ERROR);
}

std::optional<Read> Consumer::poll(int timeout_ms) {
  std::unique_ptr<RdKafka::Message> message(consumer_->consume(timeout_ms));
  error = message->err();
  if (error != RdKafka::ERR_NO_ERROR) return std::nullopt;
  return as_read(*message);
}

std::vector<Read> Consumer::read_to_end() {
  std::vector<Read> found;
  for (;;) {
    auto one = poll(kPatienceMs);
    if (!one) break;
    found.push_back(std::move(*one));
  }
  EXPECT_EQ(error, RdKafka::ERR__PARTITION_EOF) << RdKafka::err2str(error);
  return found;
}

size_t Consumer::assigned() const {
  std::vector<RdKafka::TopicPartition*> partitions;
  consumer_->assignment(partitions);
  size_t count = partitions.size();
  RdKafka::TopicPartition::destroy(partitions);
  return count;
}

std::vector<Read> read_all(const std::string& topic, int32_t partition, const Settings& settings) {
  Consumer consumer(settings);
  consumer.assign(topic, partition, RdKafka::Topic::OFFSET_BEGINNING);
  return consumer.read_to_end();
}

std::vector<Message> messages_of(const std::vector<Read>& read) {
  return {read.begin(), read.end()};
}

}  // namespace baton::clients
