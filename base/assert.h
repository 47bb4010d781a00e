// Bugs are assertions, on in release builds too: a process that no longer keeps its own invariants must stop before it
// acknowledges anything. For bad input from outside use Result, never this.
#pragma once

namespace baton {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace baton

#define BATON_ASSERT(expression) \
  (static_cast<bool>(expression) ? static_cast<void>(0) : ::baton::assertion_failed(#expression, __FILE__, __LINE__))
