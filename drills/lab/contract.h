// What every elector is held to, whatever its algorithm promises by itself. One seed is one run of random faults: crashes, restarts,
// stopped processes, partitions, one-way cuts, cuts from the store, losses, yields and planned changes; then everything heals.
//
// - With the claim: never two rulers of an epoch, never an epoch that falls, never a write of a deposed ruler that takes effect.
// - After healing there is one ruler again, and it stays.
// - An elector that calls itself exclusive (catalog.h) never has two nominated that can act, not even without the claim.
//
// The suite of the tests and `baton lab check` are this function.
#pragma once

#include <string>
#include <vector>

namespace baton::lab {

struct ContractResult {
  std::vector<std::string> broken;  // in words, with the seed; empty: kept
  long rules = 0;                   // changes of the ruler
  long writes = 0;                  // that took effect
  long faults = 0;
};

ContractResult keep_contract(const std::string& elector, unsigned long seed);

}  // namespace baton::lab
