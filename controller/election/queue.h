// The queue of candidates as its znodes' names tell it: <guid>-n_<sequence>.
//
// The sequence number is the int32 counter of the parent znode; it wraps from 2147483647 to -2147483648. Numbers are
// therefore compared by their distance from a reference that stands in the queue now: right as long as everyone in the
// queue enlisted within 2^31 creations of each other. It orders the queue and means nothing else; it is never an epoch.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/election/events.h"

namespace baton::election {

// From the name of a child of /election/candidates; none if it is not a candidate's.
std::optional<Candidate> parse_candidate(std::string_view name);

// The path to create: the store appends the sequence number.
std::string candidate_prefix(const std::string& guid);

// Those of the names that are candidates, first to last. The reference is the first name that bears one of the GUIDs
// `own`, else the first candidate.
std::vector<Candidate> queue_of(const std::vector<std::string>& names, const std::vector<std::string>& own);

}  // namespace baton::election
