#include "cli/cluster/zookeeper.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <fstream>
#include <sstream>
#include <thread>

#include "cli/client/connection.h"

namespace baton::cluster {
namespace {

constexpr char kMainClass[] = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
// Named one by one: a wildcard over /usr/share/java would open hundreds of jars before the first line runs.
constexpr const char* kJars[] = {"zookeeper",        "zookeeper-jute",      "slf4j-api",    "slf4j-simple", "netty-all",  "jackson-core",
                                 "jackson-databind", "jackson-annotations", "metrics-core", "snappy-java",  "commons-io", "commons-cli"};

Result<std::string> class_path() {
  std::string path;
  for (const char* jar : kJars) path += std::string(path.empty() ? "" : ":") + "/usr/share/java/" + jar + ".jar";
  if (!std::filesystem::exists("/usr/share/java/zookeeper.jar")) {
    return fail(ErrorCode::kInvalidConfig,
                "ZooKeeper's jars are missing: apt-get install libzookeeper-java, or name a running one with --zookeeper host:port");
  }
  return path;
}

Status write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::kUnknownServerError, "cannot write " + path.string());
  return {};
}

}  // namespace

std::filesystem::path home() {
  const char* named = getenv("BATON_HOME");
  return named ? named : BATON_SOURCE_DIR;
}

Result<std::string> fill_template(const std::string& text, const std::map<std::string, std::string>& words) {
  std::string filled;
  size_t at = 0;
  for (;;) {
    size_t open = text.find("${", at);
    size_t close = open == std::string::npos ? open : text.find('}', open);
    filled += text.substr(at, close == std::string::npos ? close : open - at);
    if (close == std::string::npos) return filled;
    std::string word = text.substr(open + 2, close - open - 2);
    at = close + 1;
    if (word.empty()) {  // "${}" in a comment
      filled += "${}";
      continue;
    }
    auto value = words.find(word);
    if (value == words.end()) return fail(ErrorCode::kInvalidConfig, "the template names ${" + word + "}, which nobody fills in");
    filled += value->second;
  }
}

Result<ProcessId> start_zookeeper(const Directory& directory, int port, const std::map<std::string, std::string>& settings) {
  std::string java = find_program("java");
  if (java.empty()) {
    return fail(ErrorCode::kInvalidConfig,
                "Java is missing: apt-get install default-jre-headless, or name a running ZooKeeper with --zookeeper host:port");
  }
  Result<std::string> jars = class_path();
  if (!jars) return tl::unexpected(jars.error());
  std::ifstream file(home() / "config" / "zoo.cfg");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (text.empty()) return fail(ErrorCode::kInvalidConfig, (home() / "config" / "zoo.cfg").string() + " cannot be read");
  // A session shorter than ZooKeeper's usual two ticks is what bounds silence; a tick of a fifth of it is precise enough.
  auto given = settings.find("zookeeper.session.timeout.ms");
  int session_ms = given == settings.end() ? 1000 : std::max(100, atoi(given->second.c_str()));
  Result<std::string> configuration = fill_template(text, {{"DATA_DIR", (directory.zookeeper() / "data").string()},
                                                           {"CLIENT_PORT", std::to_string(port)},
                                                           {"TICK_MS", std::to_string(std::min(200, std::max(20, session_ms / 5)))},
                                                           {"MIN_SESSION_MS", std::to_string(std::min(400, session_ms))}});
  if (!configuration) return tl::unexpected(configuration.error());
  std::error_code error;
  std::filesystem::create_directories(directory.zookeeper(), error);
  std::filesystem::path path = directory.zookeeper() / "zoo.cfg";
  if (Status written = write_file(path, *configuration); !written) return tl::unexpected(written.error());
  std::vector<std::string> command{java,
                                   "-Xmx128m",
                                   "-XX:+UseSerialGC",
                                   "-XX:TieredStopAtLevel=1",
                                   "-XX:-UsePerfData",
                                   "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                                   "-Dorg.slf4j.simpleLogger.showDateTime=true",
                                   "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS"};
  // As ZooKeeper's own scripts have it; what stands later counts.
  const char* flags = getenv("SERVER_JVMFLAGS");
  std::istringstream words(flags == nullptr ? "" : flags);
  for (std::string word; words >> word;) command.push_back(word);
  command.insert(command.end(), {"-cp", *jars, kMainClass, path.string()});
  return start_daemon(command, directory.zookeeper_log().string(), directory.zookeeper().string());
}

std::string four_letter_word(const std::string& host, int port, const std::string& word) {
  client::Deadline deadline = client::after(std::chrono::milliseconds(500));
  Result<client::Connection> connection = client::Connection::open({host, port}, deadline);
  if (!connection || send(connection->fd(), word.data(), word.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(word.size())) return {};
  std::string answer;
  for (pollfd entry{connection->fd(), POLLIN, 0}; poll(&entry, 1, 500) > 0;) {
    char buffer[1024];
    ssize_t count = recv(connection->fd(), buffer, sizeof buffer, 0);
    if (count <= 0) break;
    answer.append(buffer, static_cast<size_t>(count));
  }
  return answer;
}

Status wait_for_zookeeper(const Directory& directory, int port, const ProcessId& process, std::chrono::milliseconds at_most) {
  client::Deadline deadline = client::after(at_most);
  while (std::chrono::steady_clock::now() < deadline) {
    if (four_letter_word("127.0.0.1", port, "srvr").find("Mode:") != std::string::npos) return {};
    if (!alive(process)) {
      return fail(ErrorCode::kBrokerNotAvailable, "ZooKeeper ended while it started; " + directory.zookeeper_log().string() + " says:\n" +
                                                      tail_of(directory.zookeeper_log(), 8));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return fail(ErrorCode::kRequestTimedOut,
              "ZooKeeper does not serve on port " + std::to_string(port) + "; see " + directory.zookeeper_log().string());
}

std::string last_words_of(const std::filesystem::path& log) {
  constexpr size_t kLines = 8;
  std::string tail = tail_of(log, kLines), words;
  std::istringstream lines(tail);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string time, level, message;
    fields >> time >> level >> std::ws;
    if (isdigit(static_cast<unsigned char>(time[0])) && level == "error" && std::getline(fields, message)) words = message;
  }
  return words.empty() ? "\n" + tail : words;
}

std::string tail_of(const std::filesystem::path& path, size_t lines) {
  std::ifstream file(path);
  std::deque<std::string> last;
  for (std::string line; std::getline(file, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += "  " + line + "\n";
  return text;
}

}  // namespace baton::cluster
