// Planted faults, by name. Each removes one rule of the protocol, so that a test can show that the checks which claim to
// guard the rule really do: a check that never failed proves nothing.
//
// Code asks BATON_MUTANT(name), which is the constant false unless its target is compiled with -DBATON_MUTANTS; only
// tests and the simulation build such variants (of partitions/ and controller/), and
// switch a fault on with plant(). Ask it only in .cc files: a header would be compiled both ways in one program.
// Not thread-safe: plant before the run, clear after it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace baton {

enum class Mutant : size_t {
  // partitions/
  hw_on_current_isr_only,             // the high watermark forgets the pending members of the ISR
  hw_below_min_isr,                   // and advances while the ISR is below its minimum
  isr_join_before_epoch_start,        // a follower joins before it holds what the epoch began with
  truncate_to_high_watermark,         // KIP-101
  no_epoch_in_fetch,                  // KIP-320
  no_producer_dedup,                  // a retried batch is appended twice
  lease_ignored,                      // R5
  replica_epoch_ignored,              // a Fetch of a former incarnation counts (KIP-903)
  pending_dropped_on_not_controller,  // R8: an unknown outcome is taken for a refusal
  dirty_may_lead,                     // R9
  new_log_taken_for_clean,            // R9: a log that was created anew is not recorded as dirty
  word_not_final,                     // R4.2: whoever gave its word leads on at the same epoch
  kip_279_ignored,                    // the leader's answer is where both logs part, whatever epochs stand between
  old_log_taken_for_new_topic,        // R10: a log is known by its topic's name
  hw_while_others_are_eligible,       // R8: the high watermark advances although the page names eligible ones: a raised minimum
  // controller/
  eligible_kept_by_lower_minimum,    // R8: a minimum is lowered, and who left the ISR below the former one may still lead
  eligible_set_dropped,              // R8: nobody remembers who left the ISR when it fell below its minimum
  no_wait_for_silent_leader,         // R4.3: no D after a tombstone
  decision_sent_before_confirmed,    // propose, persist, apply: told before it is stored
  pages_before_removal_confirmed,    // R3: pages changed before the tombstone stands
  refusal_while_write_unresolved,    // R8: a refusal although a page write's outcome is unknown
  deaths_one_by_one,                 // R3: pending deaths are not one decision
  isr_member_epoch_unchecked,        // an ISR request may name a former incarnation
  no_epoch_compare_and_set,          // R2: controller writes are not fenced
  bounce_unseen,                     // R1: a new life takes roles before the former one is removed
  mark_before_lease_end,             // R3: a silent death is marked removed while its lease may run
  lease_renewed_by_read,             // R5: an answered read is taken for a renewal
  renewal_unchecked,                 // R5: a renewal does not check the registration's version
  same_incarnation_after_tombstone,  // R1: a tombstoned broker registers again as itself and stops nothing
  roles_below_mark,                  // R1: roles are taken from a controller older than the mark
  stale_page_kept,                   // R7: a standby takes its image for the page, whatever the page is by now
  stale_controller_accepted,         // R7: and from one older than the highest epoch seen
  reset_taken_for_proof,             // R6: a connection's reset counts as its EOF
  word_end_ignored,                  // R4.2: a successor is named before it has caught up to the word's end
  sequence_taken_for_epoch,          // R2: a candidate's sequence number is the epoch of its rule
  owner_unchecked,                   // R2: a node that looks like one's own is, whoever's session owns it
  claim_over_live_controller,        // R2: a nominee does not wait for a live /controller to vanish
  report_of_any_life,                // R6: a supervisor's report counts, whatever life it names
  report_against_the_stream,         // R6: and although that life is still heard
  kills_at_once,                     // R6: several supervisors may kill at a time
  last_member_killed,                // R6: and leave nobody to a partition
  broker_epoch_ignored,              // R7: what a broker says counts, whatever life of it says so
  fenced_by_who_is_behind,           // R8: a controller that is behind says FENCED, and a rightful leader stops (KAFKA-14154)
  move_without_word,                 // R4.2: a planned move takes the leadership from a leader that has not given its word
  leader_epoch_kept,                 // R4: another leader, the same leader epoch
  buries_when_cut_off,               // R7: a controller that hears hardly anybody buries them instead of resigning
  removed_before_added_are_in,       // R8: a reassignment ends before all added replicas are in sync
  claim_not_read_back,               // R2: a claim whose reply was lost counts as one that failed
  given_up_with_write_in_flight,     // R2: the rule is handed over while a write of it is on its way
  avoided_as_any_other,              // a broker that is drained or slow is chosen like any other
  avoided_keeps_its_leaders,         // and keeps what it leads
  load_moved_to_and_fro,             // the balance by load moves what only swaps the loads
  load_moved_outside_isr,            // and to replicas that are not in sync
  flapping_forgiven,                 // a broker that dies again and again gets its leaderships back as soon as any other
  racks_ignored,                     // replicas are placed as if there were no racks
  lead_without_waiting,              // an application leads while the lease of the one before may run
  lead_renewal_unchecked,            // and renews its lease without a look at the epoch
  lead_counted_from_reply,           // and counts the lease from the reply
  level_raised_alone,                // the controller knows a version, so it is the cluster's level
  forms_above_the_level,             // what a version brought is written and told below its level
  count,
};

constexpr std::array<std::string_view, static_cast<size_t>(Mutant::count)> kMutantNames = {
    "hw_on_current_isr_only",
    "hw_below_min_isr",
    "isr_join_before_epoch_start",
    "truncate_to_high_watermark",
    "no_epoch_in_fetch",
    "no_producer_dedup",
    "lease_ignored",
    "replica_epoch_ignored",
    "pending_dropped_on_not_controller",
    "dirty_may_lead",
    "new_log_taken_for_clean",
    "word_not_final",
    "kip_279_ignored",
    "old_log_taken_for_new_topic",
    "hw_while_others_are_eligible",
    "eligible_kept_by_lower_minimum",
    "eligible_set_dropped",
    "no_wait_for_silent_leader",
    "decision_sent_before_confirmed",
    "pages_before_removal_confirmed",
    "refusal_while_write_unresolved",
    "deaths_one_by_one",
    "isr_member_epoch_unchecked",
    "no_epoch_compare_and_set",
    "bounce_unseen",
    "mark_before_lease_end",
    "lease_renewed_by_read",
    "renewal_unchecked",
    "same_incarnation_after_tombstone",
    "roles_below_mark",
    "stale_page_kept",
    "stale_controller_accepted",
    "reset_taken_for_proof",
    "word_end_ignored",
    "sequence_taken_for_epoch",
    "owner_unchecked",
    "claim_over_live_controller",
    "report_of_any_life",
    "report_against_the_stream",
    "kills_at_once",
    "last_member_killed",
    "broker_epoch_ignored",
    "fenced_by_who_is_behind",
    "move_without_word",
    "leader_epoch_kept",
    "buries_when_cut_off",
    "removed_before_added_are_in",
    "claim_not_read_back",
    "given_up_with_write_in_flight",
    "avoided_as_any_other",
    "avoided_keeps_its_leaders",
    "load_moved_to_and_fro",
    "load_moved_outside_isr",
    "flapping_forgiven",
    "racks_ignored",
    "lead_without_waiting",
    "lead_renewal_unchecked",
    "lead_counted_from_reply",
    "level_raised_alone",
    "forms_above_the_level",
};

constexpr std::string_view name_of(Mutant mutant) {
  return kMutantNames[static_cast<size_t>(mutant)];
}

// What is planted; read through BATON_MUTANT only.
inline std::array<bool, static_cast<size_t>(Mutant::count)> planted_mutants{};

inline void plant(Mutant mutant) {
  planted_mutants[static_cast<size_t>(mutant)] = true;
}
inline void clear_mutants() {
  planted_mutants.fill(false);
}

}  // namespace baton

#ifdef BATON_MUTANTS
#define BATON_MUTANT(name) (::baton::planted_mutants[static_cast<size_t>(::baton::Mutant::name)])
#else
#define BATON_MUTANT(name) false
#endif
