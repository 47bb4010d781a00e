// One election as a sequence diagram: what a simulation of a seed and its faults shows, in the terminal and as a page.
//
// In the page one can step through it and, at any of some instants, kill, stop or cut off a node: the page holds the continuation of each,
// recorded by the same electors, so what one sees is what they do.
#pragma once

#include <string>
#include <vector>

#include "drills/lab/faults.h"

namespace baton::lab {

struct Scene {
  std::string elector;
  int nodes = 5;
  unsigned long seed = 1;
  bool claim = true;
  std::vector<Fault> faults;
  Duration length = std::chrono::milliseconds(1200);
  bool beats = false;  // show them, and acknowledgements
};

std::string diagram(const Scene& scene);
std::string diagram_html(const Scene& scene, const std::string& command);

struct Played;
// Of what was played or seen already. In the page one can step through it, and nothing more.
std::string diagram(const Played& played, bool beats);
std::string diagram_html(const Played& played, const std::string& title, const std::string& about);

}  // namespace baton::lab
