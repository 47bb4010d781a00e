#include "broker/metrics/serving/scrape.h"

#include "broker/metrics/exposition.h"
#include "broker/metrics/serving/shard_numbers.h"
#include "controller/messages/control.pb.h"

namespace baton::metrics {
namespace {

constexpr Duration kPatience = std::chrono::seconds(2);

// What one shard says; then the sum of all.
struct Part {
  ShardNumbers numbers;
  std::map<int16_t, RequestCounters::Api> apis;

  void add(const Part& other) {
    numbers.add(other.numbers);
    for (const auto& [key, api] : other.apis) {
      apis[key].answered += api.answered;
      apis[key].took.add(api.took);
    }
  }
};

Part part_of(const Shard& shard, const RequestCounters& requests) {
  Part part{numbers_of(shard), {}};
  for (size_t key = 0; key < requests.apis().size(); ++key) {
    if (requests.apis()[key]) part.apis[static_cast<int16_t>(key)] = *requests.apis()[key];
  }
  return part;
}

void expose(const control::Measurements& measured, Exposition& out) {
  for (const control::Measurement& each : measured.measurements()) {
    std::vector<Label> labels;
    for (const control::MeasurementLabel& label : each.labels()) labels.emplace_back(label.name(), label.value());
    out.add(each.name(), each.value(), std::move(labels));
  }
}

// On the home reactor, save its making.
struct Gathering {
  Gathering(network::Reactor& home, size_t shards, const std::map<int16_t, std::string>& names, Scrape::Done then)
      : open(shards + 1), api_names(names), timer(home), done(std::move(then)) {}

  void came() {
    if (--open == 0) finish(text());
  }
  void finish(std::optional<std::string> result) {
    if (!done) return;
    timer.cancel();
    auto tell = std::move(done);
    done = nullptr;
    tell(std::move(result));
  }
  std::string text() const {
    Exposition out;
    sum.numbers.expose(out);
    const Instant now = SystemClock().now();
    for (const auto& [key, api] : sum.apis) {
      const auto name = api_names.find(key);
      const std::vector<Label> labels{{"request", name == api_names.end() ? std::to_string(key) : name->second}};
      out.add("kafka_network_requestmetrics_requests_total", static_cast<double>(api.answered), labels);
      out.add("kafka_network_requestmetrics_totaltimems", now, api.took, labels);
    }
    expose(measured, out);
    return out.text();
  }

  size_t open;  // answers that are waited for
  const std::map<int16_t, std::string>& api_names;
  Part sum;
  control::Measurements measured;
  network::Timer timer;
  Scrape::Done done;
};

}  // namespace

void Scrape::take(network::Reactor& home, Done done) {
  auto gathering = std::make_shared<Gathering>(home, shards_.size(), names_, std::move(done));
  gathering->timer.start(kPatience, [weak = std::weak_ptr(gathering)] {
    if (auto late = weak.lock()) late->finish(std::nullopt);
  });
  for (size_t i = 0; i < shards_.size(); ++i) {
    shards_.at(i).reactor().post([&shard = shards_.at(i), &requests = requests_[i], &home, gathering]() mutable {
      auto part = std::make_shared<Part>(part_of(shard, requests));
      home.post([gathering = std::move(gathering), part] {
        gathering->sum.add(*part);
        gathering->came();
      });
    });
  }
  control::Request question;
  question.mutable_query_measurements();
  manager_.submit(std::move(question), [gathering](const control::Response& response) {
    gathering->measured = response.measurements();
    gathering->came();
  });
}

}  // namespace baton::metrics
