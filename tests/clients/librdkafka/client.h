// librdkafka through its C++ interface, reduced to what the tests say: send these messages, read that partition.
// Each object is for one thread.
#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace baton::clients {

using Settings = std::map<std::string, std::string>;
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Message {
  std::optional<std::string> key;
  std::optional<std::string> value;
  Headers headers;
  int64_t timestamp = 0;  // sent: 0 is now

  friend bool operator==(const Message&, const Message&) = default;
};
// For a person who looks at a failure.
void PrintTo(const Message& message, std::ostream* out);

struct Read : Message {
  int32_t partition = -1;
  int64_t offset = -1;
  bool append_time = false;  // the broker's time, not the producer's
};

// What became of a message that was sent.
struct Delivery {
  RdKafka::ErrorCode error = RdKafka::ERR_NO_ERROR;
  int32_t partition = -1;
  int64_t offset = -1;
};

// A configuration with the cluster's address and `settings`. Aborts on a setting that librdkafka does not know.
std::unique_ptr<RdKafka::Conf> configuration(const Settings& settings);

class Producer : private RdKafka::DeliveryReportCb {
 public:
  explicit Producer(const Settings& settings = {});
  // Sends and waits for every report; they come in the order of the messages.
  std::vector<Delivery> send(const std::string& topic, const std::vector<Message>& messages, int32_t partition = 0);
  Delivery send_one(const std::string& topic, const Message& message, int32_t partition = 0);
  RdKafka::Producer& handle() { return *producer_; }

 private:
  void dr_cb(RdKafka::Message& message) override;

  std::unique_ptr<RdKafka::Producer> producer_;
};

class Consumer : private RdKafka::EventCb {
 public:
  // With a `group` it may subscribe; else it is for assign().
  explicit Consumer(const Settings& settings = {}, const std::string& group = "unused");
  ~Consumer() override;
  RdKafka::KafkaConsumer& handle() { return *consumer_; }

  void assign(const std::string& topic, int32_t partition, int64_t offset);
  void subscribe(const std::string& topic);
  // The next message; none when there was none within `timeout_ms` or the end of a partition was reached.
  std::optional<Read> poll(int timeout_ms);
  // From where it stands to the partition's end.
  std::vector<Read> read_to_end();
  size_t assigned() const;

  // The last error of a message that was none.
  RdKafka::ErrorCode error = RdKafka::ERR_NO_ERROR;

 private:
  void event_cb(RdKafka::Event&) override {}

  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
};

// A whole partition.
std::vector<Read> read_all(const std::string& topic, int32_t partition = 0, const Settings& settings = {});
// Without where they lay.
std::vector<Message> messages_of(const std::vector<Read>& read);

}  // namespace baton::clients
