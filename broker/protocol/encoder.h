// What encoding carries along: the bytes so far, the version and flexibility of the root, the gaps left for records, and
// the first field that could not be expressed. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "broker/protocol/schema.h"

namespace baton::protocol {

class Encoder {
 public:
  Encoder(int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  int16_t version() const { return version_; }
  bool flexible() const { return flexible_; }
  Writer& out() { return out_; }

  // A length or count, in the form that `fixed` has before flexible versions; compact ones are stored plus one.
  template <class Fixed>
  void length(size_t n) {
    if (flexible_) {
      out_.unsigned_varint(static_cast<uint32_t>(n) + 1);
    } else {
      out_.write(static_cast<Fixed>(n));
    }
  }
  template <class Fixed>
  void null_length() {
    if (flexible_) {
      out_.unsigned_varint(0);
    } else {
      out_.write(static_cast<Fixed>(-1));
    }
  }
  void gap(uint32_t bytes, uint32_t source) {
    gaps_.push_back({out_.size(), bytes, source});
    gap_bytes_ += bytes;
  }

  // Only the first one is kept.
  void fail(std::string_view field, std::string_view why) {
    if (failure_.empty()) failure_ = std::string(field) + " " + std::string(why);
  }
  const std::string& failure() const { return failure_; }

  const std::vector<Gap>& gaps() const { return gaps_; }
  std::vector<Gap> take_gaps() { return std::move(gaps_); }
  // What the frame will hold: written bytes and promised ones.
  uint64_t total_bytes() const { return out_.size() + gap_bytes_; }

 private:
  Writer out_;
  int16_t version_;
  bool flexible_;
  std::vector<Gap> gaps_;
  uint64_t gap_bytes_ = 0;
  std::string failure_;
};

}  // namespace baton::protocol
