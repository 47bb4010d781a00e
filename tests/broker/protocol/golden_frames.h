// The frames that golden/record.py recorded.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace baton::protocol::testing {

struct GoldenFrame {
  // Who asked: java, kcat, broker (a follower), or what Clients.java calls itself for its telling questions.
  std::string client;
  std::string api;
  int16_t version = -1;
  // "request" or "response".
  std::string direction;
  // Without its size.
  std::string frame;
};

inline std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

inline const std::vector<GoldenFrame>& golden_frames() {
  static const std::vector<GoldenFrame> frames = [] {
    std::vector<GoldenFrame> all;
    std::ifstream file(BATON_SOURCE_DIR "/tests/broker/protocol/golden/frames.txt");
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      GoldenFrame golden;
      std::string hex;
      words >> golden.client >> golden.api >> golden.version >> golden.direction >> hex;
      golden.frame = from_hex(hex);
      all.push_back(golden);
    }
    return all;
  }();
  return frames;
}

}  // namespace baton::protocol::testing
