// A page as it is stored, and what a controller makes of it. Partitions lie by columns where those can say all of them; whatever else
// a stored partition bears stays a message of its own, so that a rewrite loses nothing. Below the level that brought columns
// (base/metadata_version.h) all lie as messages. Pure.
#pragma once

#include "controller/decision/events.h"
#include "controller/messages/control.pb.h"

namespace baton::node {

// False: columns that make no sense.
bool load(int32_t number, const control::Page& page, decision::PageTable& into);

// What may be said of a page to those who hold an image of it.
struct PageNature {
  bool plain = false;  // nothing but what columns can say, and what this version knows
  int32_t partitions = 0;
};
PageNature nature_of(const control::Page& page);

// The version that a reader of this page has to know.
int32_t version_of(const control::Page& page);

// What the change makes of the page, at this level of the metadata.
void rewrite(const decision::PutPage& change, control::Page& page, int32_t level = kMetadataNewest);

}  // namespace baton::node
