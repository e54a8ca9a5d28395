#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace keelboat {

/// \brief A pattern so plain that a table lookup per byte decides it: `^[0-9a-f]{32}$`.
///
/// Anchored at both ends, a row of ASCII characters, classes and `\d`, each once or with
/// a count, of which at most one may vary. Keys and codes look like this, and it is
/// several times as fast as an automaton. Immutable.
class SimplePattern {
 public:
  /// None when the pattern is not that plain; then RE2 has to run it.
  static std::optional<SimplePattern> Compile(std::string_view pattern);

  /// Whether RE2 would find a match.
  bool Matches(std::string_view text) const;

 private:
  struct Piece {
    std::bitset<256> bytes;
    int64_t least = 1;
    int64_t most = 1;
  };

  std::vector<Piece> pieces_;
  int64_t least_ = 0;  ///< Bytes of the shortest match.
  int64_t most_ = 0;   ///< Of the longest one.
};

}  // namespace keelboat
