// write_seeds DIR: the corpora to start from, a directory an entry.
#include <filesystem>
#include <fstream>

#include "tests/fuzz/entries.h"

namespace {

void write(const std::filesystem::path& directory, const std::vector<std::string>& seeds) {
  std::filesystem::create_directories(directory);
  size_t number = 0;
  for (const std::string& seed : seeds) std::ofstream(directory / std::to_string(number++), std::ios::binary) << seed;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  const std::filesystem::path directory = words[1];
  write(directory / "frame", baton::fuzz::frame_seeds());
  write(directory / "record_batches", baton::fuzz::record_batch_seeds());
  write(directory / "group_records", baton::fuzz::group_record_seeds());
  write(directory / "lead_records", baton::fuzz::lead_record_seeds());
  write(directory / "peer_messages", baton::fuzz::peer_message_seeds());
  return 0;
}
