// The electors that the lab knows: those that ship, and what somebody is trying out.
#pragma once

#include "controller/election/catalog.h"

namespace baton::lab {

const std::vector<election::ElectorKind>& electors();
std::optional<election::MessageInfo> describe(std::string_view message);
// Its kind alone, remembered by its first bytes: a simulation asks for each of millions.
election::MessageKind kind_of(std::string_view message);

}  // namespace baton::lab
