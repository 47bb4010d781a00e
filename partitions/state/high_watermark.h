// The high watermark: everything below is on every member of the true ISR and may be read and acknowledged.
#pragma once

#include <cstddef>
#include <cstdint>

#include "partitions/state/follower_progress.h"
#include "partitions/state/isr_state.h"

namespace baton {

// Where the high watermark of leader `self`, whose log ends at `leader_end`, stands now, never below `current`: the
// smallest end over the maximal ISR (committed ∪ pending), not while the committed ISR has fewer than `effective_min_isr`
// members (else what consumers have read goes with the last replica), not while the page names eligible replicas outside the
// ISR (the controller may know of a higher minimum than this leader), not while a member has not fetched yet.
int64_t advanced_high_watermark(int64_t current, BrokerId self, int64_t leader_end, const IsrState& isr, size_t effective_min_isr,
                                const FollowerTable& followers);

}  // namespace baton
