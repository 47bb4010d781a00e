// A sign of life from within a long piece of work. A thread that is watched gives one whenever its loop comes round; whoever
// keeps it for longer, with work that makes progress all the same, says so.
//
// Threading: any thread; for one that is not watched it does nothing.
#pragma once

#include <string_view>

#include "broker/supervision/board.h"

namespace baton::supervision {

// The name of the thread on which a broker, or a controller that is no broker, decides.
inline constexpr std::string_view kManagerThread = "manager";

// This thread is watched from now on, under this name. One that is watched already makes progress, that is all.
void watch_this_thread(Board& board, std::string_view name);
// And now no more.
void leave_this_thread();
// It makes progress.
void still_working();

}  // namespace baton::supervision
