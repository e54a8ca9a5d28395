#include "telemetry/text_style.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/color.h>
#include <fmt/format.h>

namespace keelboat {
namespace {

std::string Painted(bool colour, const fmt::text_style& style, std::string_view text) {
  if (!colour || text.empty()) return std::string(text);
  return fmt::format(style, "{}", text);
}

std::string Repeated(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

}  // namespace

std::string TextStyle::Good(std::string_view text) const {
  return Painted(colour, fg(fmt::terminal_color::green), text);
}
std::string TextStyle::Bad(std::string_view text) const {
  return Painted(colour, fg(fmt::terminal_color::red) | fmt::emphasis::bold, text);
}
std::string TextStyle::Warn(std::string_view text) const {
  return Painted(colour, fg(fmt::terminal_color::yellow), text);
}
std::string TextStyle::Accent(std::string_view text) const {
  return Painted(colour, fg(fmt::terminal_color::cyan), text);
}
std::string TextStyle::Dim(std::string_view text) const {
  return Painted(colour, fmt::emphasis::faint, text);
}
std::string TextStyle::Bold(std::string_view text) const {
  return Painted(colour, fmt::emphasis::bold, text);
}

std::string TextStyle::Bar(double share, int cells) const {
  share = std::clamp(share, 0.0, 1.0);
  const auto halves = static_cast<int>(std::floor(share * cells * 2));
  const int full = halves / 2;
  const bool half = unicode && halves % 2 == 1;
  std::string filled = Repeated(unicode ? "━" : "#", full);
  if (half) filled += "╸";
  const int rest = cells - full - (half ? 1 : 0);
  return Accent(filled) + Dim(Repeated(unicode ? "─" : ".", rest));
}

std::string TextStyle::Spinner(int64_t n) const {
  constexpr std::array<std::string_view, 10> kDots = {"⠋", "⠙", "⠹", "⠸", "⠼",
                                                      "⠴", "⠦", "⠧", "⠇", "⠏"};
  constexpr std::array<std::string_view, 4> kPlain = {"|", "/", "-", "\\"};
  const auto index = static_cast<size_t>(n < 0 ? 0 : n);
  return Accent(unicode ? kDots[index % kDots.size()] : kPlain[index % kPlain.size()]);
}

}  // namespace keelboat
