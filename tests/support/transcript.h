// Transcripts: text files of commands and of what came of them, played against the real thing. They are tests that a person can read
// who does not know the code, and the expected words write themselves anew when they are asked to (BATON_REWRITE=1).
//
//   # The story, in comments.
//   kill 1 by proof
//   wait
//   ----
//   what came of these two commands, up to the next empty line
//
// Single-threaded.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace baton::support {

// Carries one command out and says in lines what came of it; an error: the command makes no sense.
using Interpreter = std::function<Result<std::string>(const std::string& command)>;

struct Played {
  std::string text;     // the transcript with what really came of its commands
  std::string problem;  // empty: it could be played
};
Played play(std::string_view transcript, const Interpreter& interpreter);

// Plays the file `name` of the folder. Empty where it says what really happens; otherwise the lines that differ, and how to
// rewrite it. With BATON_REWRITE=1 in the environment it is rewritten.
std::string check_transcript(const std::string& folder, const std::string& name, const Interpreter& interpreter);
// The names of the folder's transcripts, sorted.
std::vector<std::string> transcripts_in(const std::string& folder);

// The words of a command, taken one by one.
class Words {
 public:
  explicit Words(std::string_view command);

  bool empty() const { return words_.empty(); }
  // The next word; empty at the end.
  std::string next();
  // The word after `name`, which may stand anywhere behind; empty where it does not stand. Both are taken.
  std::string after(std::string_view name);
  // Whether the word stands; it is taken.
  bool has(std::string_view word);
  // What nobody took, so that a word that means nothing is no silent mistake.
  std::string rest() const;

 private:
  std::vector<std::string> words_;
};

// "1,2,3". Not a number: 0.
std::vector<int> numbers(std::string_view list);
int number(std::string_view word);
// "300ms", "2s", "1m". Anything else: zero.
std::chrono::milliseconds duration(std::string_view word);
// "660 ms", and back.
std::string in_words(std::chrono::nanoseconds time);

}  // namespace baton::support
