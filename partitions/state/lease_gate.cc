#include "partitions/state/lease_gate.h"

#include "base/mutants.h"

namespace baton {

bool acknowledgement_needs_lease(int16_t acks, size_t committed_isr_size) {
  if (BATON_MUTANT(lease_ignored)) return false;
  return acks != -1 || committed_isr_size <= 1;
}

bool may_act(Instant now, Instant deadline) {
  if (BATON_MUTANT(lease_ignored)) return true;
  return now < deadline;
}

}  // namespace baton
