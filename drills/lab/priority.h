// How priority skews who leads: one candidate is preferred to all others, as by controller.priority, and how much more than its
// part does it lead?
//
// Electors that rank know of priorities, and elect by them. The others elect whom chance elects, who then hands over to the
// preferred: that is what the ruler of a cluster does once the better candidate has proven steady (controller/election/preference.h).
#pragma once

#include "drills/lab/simulation.h"

namespace baton::lab {

struct Preferred {
  int node = 0;      // who
  int first = 0;     // who led first; 0: nobody came
  double led = 0;    // the share of time that the preferred led, from the first leader on
  double alone = 0;  // and that nobody did
};

// Neither the highest nor the lowest is preferred, for some electors prefer these of themselves.
Preferred prefer_one(Conditions conditions);

}  // namespace baton::lab
