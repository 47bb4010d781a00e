// What a candidate keeps on disk of an election among peers: its promises (terms, votes), bound to the cluster and the algorithm that they
// were made in, and the voters as of its last start. The file is a mark, a CRC-32C over all behind it, and an ElectionMemory.
//
// Promises of one algorithm mean nothing to another, so each has a file of its own. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "controller/messages/control.pb.h"

namespace baton::node {

// "election-raft", within the data directory.
std::string election_file_name(std::string_view elector);

std::string to_file(const control::ElectionMemory& memory);
// KAFKA_STORAGE_ERROR: torn or damaged; `path` is for the sentence.
Result<control::ElectionMemory> from_file(std::string_view bytes, const std::string& path);

// May a candidate that remembers this go on in this election? Two lists that differ by one voter have majorities with a member in
// common; two that differ by more may not, and then two majorities could each elect somebody.
Status check_memory(const control::ElectionMemory& memory, std::string_view elector, const std::vector<BrokerId>& voters,
                    const std::string& path);

}  // namespace baton::node
