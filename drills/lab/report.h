// A lab's figures for machines (JSON, CSV) and as one page that needs nothing but itself.
#pragma once

#include <string>
#include <vector>

#include "drills/lab/experiment.h"

namespace baton::lab {

std::string to_csv(const std::vector<Figures>& figures);
std::string to_json(const std::vector<Figures>& figures);
// `command`: what was typed, so that a reader can repeat it.
std::string to_html(const std::vector<Figures>& figures, const std::string& command);

}  // namespace baton::lab
