// What a host says of the machine that it runs on.
#pragma once

#include <fstream>
#include <string>

namespace baton {

// Of this boot of the machine; empty where it is not known.
inline std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace baton
