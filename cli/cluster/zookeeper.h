// The ZooKeeper of a cluster of one's own: Debian's jars, a configuration made from config/zoo.cfg, data and log in the
// cluster's directory.
#pragma once

#include <chrono>
#include <string>

#include "cli/cluster/directory.h"

namespace baton::cluster {

// Where the project's files lie (config/, bench/): the launcher's BATON_HOME, else where this was built from.
std::filesystem::path home();

// Fills the ${WORD}s of a template. Error: a word that is not given.
Result<std::string> fill_template(const std::string& text, const std::map<std::string, std::string>& words);

// Errors: no Java, no jars (both say what to install), files that cannot be written.
Result<ProcessId> start_zookeeper(const Directory& directory, int port, const std::map<std::string, std::string>& settings);
// Waits until the server answers that it serves requests; an error with the end of its log if it died or took too long.
Status wait_for_zookeeper(const Directory& directory, int port, const ProcessId& process, std::chrono::milliseconds at_most);
// What a server answers to a four-letter word; empty when nobody answers.
std::string four_letter_word(const std::string& host, int port, const std::string& word);

// Why a broker ended, as its log tells it: the last line of level error without time and level, if it is among the last lines;
// otherwise these lines, each on a line of its own.
std::string last_words_of(const std::filesystem::path& log);
// The last lines of a log, for an error's text.
std::string tail_of(const std::filesystem::path& file, size_t lines);

}  // namespace baton::cluster
