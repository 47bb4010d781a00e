// Errors are values. A Result holds either what was asked for or an Error: a code of Kafka's vocabulary, which is what
// goes on the wire, and a sentence for a person that says what to do next.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/error_code.h"

namespace baton {

struct Error {
  ErrorCode code = ErrorCode::kUnknownServerError;
  std::string message;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace baton
