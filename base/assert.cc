#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace baton {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "BUG: %s:%d: %s does not hold; stopping before it can do harm\n", file, line, expression);
  std::abort();
}

}  // namespace baton
