// What a controller remembers beside its work, and keeps in one node of the store so that the next one goes on with it: history, on which
// nothing is decided. HistoryNode reads and writes it. Pure; not thread-safe.
#pragma once

#include <optional>
#include <string>

namespace baton::node {

class StoredHistory {
 public:
  virtual ~StoredHistory() = default;
  // What the node holds; empty where there is none. False: it can not be read, and will be written over. Once for each rule.
  virtual bool read_back(const std::string& stored) = 0;
  // It has been read back.
  virtual bool known() const = 0;
  // What to store now; none where nothing is new. What was given back before is taken as stored.
  virtual std::optional<std::string> to_store() = 0;
  virtual void not_stored() = 0;
};

}  // namespace baton::node
