// Plots as SVG in an HTML figure: lines with points on linear or logarithmic axes, and groups of bars.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace baton::lab {

struct Plot {
  struct Line {
    std::string name;
    bool dashed = false;
    std::vector<std::pair<double, double>> points;
  };
  std::string title;
  std::string x;
  std::string y;
  bool log_x = false;
  bool log_y = false;
  std::vector<Line> lines;

  Line& line(const std::string& name, bool dashed);
  // Empty without a point.
  std::string svg() const;
};

struct Bars {
  std::string title;
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, double>>>> groups;
  void add(const std::string& group, const std::string& name, double value);
  std::string svg() const;
};

}  // namespace baton::lab
