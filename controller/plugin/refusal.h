// How an entry of the ABI says no.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

namespace baton {

// Writes the sentence, cut to what fits, and returns the code.
inline int refuse(int code, const std::string& why, char* error, size_t error_size) {
  if (error != nullptr && error_size > 0) {
    const size_t size = std::min(why.size(), error_size - 1);
    std::memcpy(error, why.data(), size);
    error[size] = '\0';
  }
  return code;
}

}  // namespace baton
