#include "cli/client/kafka_client.h"

#include <sstream>

namespace baton::client {

Result<KafkaClient> KafkaClient::open(const std::vector<Address>& brokers, Deadline deadline) {
  Result<KafkaClient> last = fail(ErrorCode::kNetworkException, "no broker to connect to");
  for (const Address& address : brokers) {
    Result<Connection> connection = Connection::open(address, deadline);
    if (connection) return KafkaClient(std::move(*connection));
    last = tl::unexpected(connection.error());
  }
  return last;
}

Result<std::vector<Address>> KafkaClient::parse_bootstrap(const std::string& text) {
  std::vector<Address> addresses;
  std::stringstream list(text);
  for (std::string one; std::getline(list, one, ',');) {
    Result<Address> address = parse_address(one);
    if (!address) return tl::unexpected(address.error());
    addresses.push_back(*address);
  }
  return addresses;
}

Result<std::string> KafkaClient::exchange(const std::string& frame, Deadline deadline) {
  if (Status sent = connection_.send_frame(std::string_view(frame).substr(4), deadline); !sent) return tl::unexpected(sent.error());
  return connection_.receive_frame(deadline);
}

}  // namespace baton::client
