// Who leads a leadership, since when, and who waits: as a person or a script wants to know it. Reads are not linearizable, so nothing is
// decided from a view.
//
// Pure, but for the question that is handed in.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "controller/lead/place.h"
#include "controller/lead/records.h"

namespace baton::lead {

// Asks the store and waits for its answer.
using Question = std::function<store::Reply(store::Request)>;

struct View {
  bool known = false;            // somebody has campaigned here once
  ControllerEpoch epoch;         // the last that was won, none before the first
  StoreVersion epoch_version;    // of its node
  std::optional<Fields> leader;  // guid, epoch, since_ms, and what it said about itself
  std::optional<LeaseRecord> lease;
  std::vector<Fields> queue;  // guid, and what each said about itself; first to last, the leader among them
};

// Errors: the store does not answer, denies it, or holds something else there.
Result<View> look(const Place& place, const Question& ask);
// How many stand ahead of this one; none if it does not stand.
std::optional<size_t> ahead_of(const View& view, const std::string& guid);
// "host pid 12", as far as it is known.
std::string who_of(const Fields& fields);

// Writes the wish that the leader of the view resign; it binds nobody else. Errors: as of look(), and that another leads by now.
Status wish_resignation(const Place& place, const View& view, const std::string& by, const Question& ask);

}  // namespace baton::lead
