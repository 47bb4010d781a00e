// What `baton lead` says about a leadership to a person.
#pragma once

#include <string>

#include "controller/lead/view.h"

namespace baton::lead {

// 2026-01-31 12:00:00, local time.
std::string since_of(const Fields& leader);
// "waiting: X leads NAME since 2026-01-31 12:00:00, 2 before us", for who bears the GUID.
std::string waiting_line(const std::string& name, const View& view, const std::string& guid);

}  // namespace baton::lead
