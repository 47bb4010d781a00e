// R5: what a leader may do only while its broker's lease runs. A successor is elected from the ISR, so whatever needs
// another member's fetch is safe without a lease; what the leader can promise all alone is not.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace baton {

// True where an acknowledgement at `acks` (0, 1 or -1 = all) must be covered by the lease: always at 0 and 1, at all
// only while the committed ISR is the leader alone.
bool acknowledgement_needs_lease(int16_t acks, size_t committed_isr_size);

// Whether a broker whose lease ends at `deadline` may act at `now`, both on CLOCK_BOOTTIME. At the deadline itself it may
// not. Ask again when the bytes of a response go to the kernel.
bool may_act(Instant now, Instant deadline);

}  // namespace baton
