// Who elects the controller of a cluster whose candidates ask each other (controller.election), and where each is found. The list is made
// when the cluster begins to elect that way, and kept: a broker that is added later is no candidate.
#pragma once

#include <string>

#include "cli/cluster/directory.h"

namespace baton::cluster {

// By the settings: whoever is a candidate now, if there is no list yet; none, where none is needed.
void settle_voters(Description& description);
// controller.quorum.voters; empty where there is none.
std::string voters_text(const Description& description);
bool is_voter(const Description& description, int id);

}  // namespace baton::cluster
