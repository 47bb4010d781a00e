// The page of each algorithm, for `baton lab explain` and docs/elections.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton::lab {

struct Page {
  std::string_view elector;
  std::string_view title;
  std::string_view source;
  std::string_view idea;
  std::string_view assumes;
  std::string_view costs;
  std::string_view breaks;
  std::string_view kin;  // who works like this
  std::string_view see;  // a command that shows it
};

const std::vector<Page>& pages();
// Lines of at most so many columns.
std::string print(const Page& page, size_t width = 100);
std::string to_markdown(const Page& page);

}  // namespace baton::lab
