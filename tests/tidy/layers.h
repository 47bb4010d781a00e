// Which folder may include which: the layering of ARCHITECTURE.md, in one table.
//
// A file belongs to the longest folder of the table that its path lies in. It may include files of its own folder and of
// those that the table names for it; nothing is inherited, so that a folder which may use the plugin can not reach through it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source.h"

namespace baton::tidy {

struct Layer {
  std::string folder;
  std::vector<std::string> may_include;  // "*": everything
  bool pure = false;                     // events in, decisions out: no thread, clock, socket or file
};

const std::vector<Layer>& layers();

// The layer of a path; null: in none.
const Layer* layer_of(const std::vector<Layer>& layers, std::string_view path);

// Includes that go up or sideways, files in no layer, quoted includes of files that are not there, and in pure folders
// headers of the system that bring time, threads, sockets or files.
Violations check_layers(const Tree& tree, const std::vector<Layer>& layers);

// Headers that include one another, each circle once.
Violations check_circles(const Tree& tree);

}  // namespace baton::tidy
