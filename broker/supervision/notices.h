// What the broker learns from its manager and its supervisor has to know: who the broker is, and whom to tell of its death.
//
// Threading: on the manager's thread.
#pragma once

#include "base/ids.h"
#include "broker/supervision/board.h"

namespace baton::control {
class Delta;
class Registered;
}  // namespace baton::control

namespace baton::supervision {

// It serves from now on, as this life.
void note_registered(Board& board, BrokerId id, const control::Registered& registered);
// Of a change of the image that names the candidates, or whole of a snapshot.
void note_candidates(Board& board, const control::Delta& delta);

}  // namespace baton::supervision
