// Where one leadership lies in the store, and how the cores of an election come to elect for it.
//
//   /leaders/NAME               "baton leadership 1": what is below is one, in this form
//   /leaders/NAME/candidates    <guid>-n_<sequence>, ephemeral sequential: who campaigns (fields of records.h)
//   /leaders/NAME/epoch         a number, compared and set by each claim: the fencing token
//   /leaders/NAME/leader        ephemeral: who holds the token (fields)
//   /leaders/NAME/lease         until when the holder may act; written under the check of the epoch alone
//   /leaders/NAME/elector       the record of the elector `lease`
//   /leaders/NAME/wish          that the holder of a named epoch resign
//
// The elector and the claim know the paths of a controller's election (controller/coordination/paths.h) and no others. A Place
// translates, so that the very cores that elect controllers elect here, unchanged: a leadership is an election with a root of its own.
//
// Pure; const after construction.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "controller/coordination/store.h"

namespace baton::lead {

inline constexpr char kLeaders[] = "/leaders";
inline constexpr std::string_view kMark = "baton leadership 1\n";

// Letters, digits, '.', '_' and '-', at most 100 of them, the first no dot. The error says so.
Status check_name(std::string_view name);

class Place {
 public:
  // REQUIRES: check_name(name).
  explicit Place(const std::string& name);

  const std::string& name() const { return name_; }
  const std::string& root() const { return root_; }
  std::string candidates() const { return root_ + "/candidates"; }
  std::string epoch() const { return root_ + "/epoch"; }
  std::string leader() const { return root_ + "/leader"; }
  std::string lease() const { return root_ + "/lease"; }
  std::string wish() const { return root_ + "/wish"; }

  // What a core of the election asks, as the store is to hear it; and what the store says, as such a core is to hear it. What lies
  // outside of this place has an empty path there.
  store::Request to_store(store::Request request) const;
  store::Reply to_core(store::Reply reply) const;
  store::StoreEvent to_core(store::StoreEvent event) const;

 private:
  std::string outward(const std::string& path) const;
  std::string inward(const std::string& path) const;

  std::string name_;
  std::string root_;
};

}  // namespace baton::lead
