// A call to the store in words, for diagrams and records of elections.
#pragma once

#include <string>

#include "controller/coordination/store.h"

namespace baton::election {

std::string words_of(const store::Request& request);
bool is_read(const store::Request& request);

}  // namespace baton::election
