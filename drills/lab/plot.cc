#include "drills/lab/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace baton::lab {
namespace {

constexpr double kWidth = 560;
constexpr double kHeight = 300;
constexpr double kLeft = 60;
constexpr double kRight = 150;  // for the names
constexpr double kTop = 10;
constexpr double kBottom = 40;

// Told apart by people who do not tell red from green (Okabe and Ito's colours).
constexpr const char* kColours[] = {"#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000", "#b8a000", "#7f7f7f"};

const char* colour_of(size_t index) {
  return kColours[index % std::size(kColours)];
}

// From values to pixels.
struct Axis {
  double least = 0;
  double most = 1;
  bool logarithmic = false;
  double from = 0;
  double to = 1;

  double at(double value) const {
    const auto scale = [this](double v) { return logarithmic ? std::log10(std::max(v, 1e-9)) : v; };
    const double span = scale(most) - scale(least);
    return from + (to - from) * (span == 0 ? 0.5 : (scale(value) - scale(least)) / span);
  }
  std::vector<double> marks() const {
    std::vector<double> marks;
    if (logarithmic) {
      for (double mark = std::pow(10, std::floor(std::log10(least))); mark <= most * 1.0001; mark *= 10) {
        if (mark >= least * 0.9999) marks.push_back(mark);
      }
      if (marks.size() >= 2) return marks;
      return {least, most};
    }
    for (int i = 0; i <= 4; ++i) marks.push_back(least + (most - least) * i / 4);
    return marks;
  }
};

std::string begin(const std::string& title) {
  return fmt::format(
      "<figure><figcaption>{}</figcaption><svg width='{}' height='{}' viewBox='0 0 {} {}' font-size='11' font-family='sans-serif'>", title,
      kWidth, kHeight, kWidth, kHeight);
}

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return fmt::format("<text x='{:.1f}' y='{:.1f}' text-anchor='{}'>{}</text>", x, y, anchor, words);
}

std::string grid(const Axis& y) {
  std::string svg;
  for (double mark : y.marks()) {
    svg += fmt::format("<line x1='{0}' x2='{1}' y1='{2:.1f}' y2='{2:.1f}' stroke='#ddd'/>", kLeft, kWidth - kRight, y.at(mark));
    svg += text(kLeft - 6, y.at(mark) + 4, "end", fmt::format("{:.3g}", mark));
  }
  return svg;
}

}  // namespace

Plot::Line& Plot::line(const std::string& name, bool dashed) {
  for (Line& one : lines) {
    if (one.name == name && one.dashed == dashed) return one;
  }
  lines.push_back({name, dashed, {}});
  return lines.back();
}

std::string Plot::svg() const {
  Axis across{1e300, -1e300, log_x, kLeft, kWidth - kRight};
  Axis up{1e300, -1e300, log_y, kHeight - kBottom, kTop};
  for (const Line& line : lines) {
    for (const auto& [px, py] : line.points) {
      across.least = std::min(across.least, px);
      across.most = std::max(across.most, px);
      up.least = std::min(up.least, py);
      up.most = std::max(up.most, py);
    }
  }
  if (across.most < across.least) return {};
  if (!log_y) up.least = std::min(up.least, 0.0);
  if (up.most == up.least) up.most = up.least + 1;
  std::string svg = begin(title) + grid(up);
  for (double mark : across.marks()) svg += text(across.at(mark), kHeight - kBottom + 16, "middle", fmt::format("{:.3g}", mark));
  svg += text((kLeft + kWidth - kRight) / 2, kHeight - 6, "middle", x) + text(kLeft - 50, kTop + 8, "start", y);
  std::vector<std::string> names;
  for (const Line& line : lines) {
    auto known = std::find(names.begin(), names.end(), line.name);
    if (known == names.end()) known = names.insert(names.end(), line.name);
    const auto index = static_cast<size_t>(known - names.begin());
    std::string path;
    for (const auto& [px, py] : line.points) path += fmt::format("{:.1f},{:.1f} ", across.at(px), up.at(py));
    svg += fmt::format("<polyline points='{}' fill='none' stroke='{}' stroke-width='{}' {}/>", path, colour_of(index), line.dashed ? 1 : 2,
                       line.dashed ? "stroke-dasharray='4 3'" : "");
    for (const auto& [px, py] : line.points) {
      if (!line.dashed)
        svg += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='3' fill='{}'><title>{}: {:.4g}</title></circle>", across.at(px), up.at(py),
                           colour_of(index), line.name, py);
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const double at = kTop + 12 + 15 * static_cast<double>(i);
    svg += fmt::format("<rect x='{}' y='{}' width='10' height='10' fill='{}'/>", kWidth - kRight + 12, at - 9, colour_of(i)) +
           text(kWidth - kRight + 27, at, "start", names[i]);
  }
  return svg + "</svg></figure>";
}

void Bars::add(const std::string& group, const std::string& name, double value) {
  const auto known = std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == group; });
  auto& bars = known == groups.end() ? groups.emplace_back(group, std::vector<std::pair<std::string, double>>{}).second : known->second;
  bars.emplace_back(name, value);
}

std::string Bars::svg() const {
  Axis up{0, 0, false, kHeight - kBottom, kTop};
  std::vector<std::string> names;
  for (const auto& [group, bars] : groups) {
    for (const auto& [name, value] : bars) {
      up.most = std::max(up.most, value);
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  if (groups.empty()) return {};
  if (up.most == 0) up.most = 1;
  std::string svg = begin(title) + grid(up);
  const double width = (kWidth - kLeft - kRight) / static_cast<double>(groups.size());
  const double bar = width / static_cast<double>(names.size() + 1);
  for (size_t g = 0; g < groups.size(); ++g) {
    const double left = kLeft + width * static_cast<double>(g);
    svg += text(left + width / 2, kHeight - kBottom + 16, "middle", groups[g].first);
    for (const auto& [name, value] : groups[g].second) {
      const auto index = static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
      svg += fmt::format("<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='{}'><title>{}, {}: {:.4g}</title></rect>",
                         left + bar * (static_cast<double>(index) + 0.5), up.at(value), bar * 0.9, up.at(0) - up.at(value),
                         colour_of(index), groups[g].first, name, value);
    }
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const double at = kTop + 12 + 15 * static_cast<double>(i);
    svg += fmt::format("<rect x='{}' y='{}' width='10' height='10' fill='{}'/>", kWidth - kRight + 12, at - 9, colour_of(i)) +
           text(kWidth - kRight + 27, at, "start", names[i]);
  }
  return svg + "</svg></figure>";
}

}  // namespace baton::lab
