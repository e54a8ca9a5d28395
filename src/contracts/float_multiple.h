#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "contracts/exact_number.h"

namespace keelboat {

/// \brief Whether a float is a multiple of a decimal step.
///
/// The float stands for the shortest decimal that reads back as it, so that 0.3 is a
/// multiple of 0.1, as the person who wrote both means it. NaN and infinities are no
/// multiples. One thread at a time.
class FloatMultiple {
 public:
  /// The step must be positive and have at most 76 digits.
  explicit FloatMultiple(const ExactNumber& step) : step_(step) {}

  bool Holds(double value);
  bool Holds(float value);

 private:
  bool HoldsText(const char* begin, const char* end);

  ExactNumber step_;
  /// By scale: what the unscaled value must be a multiple of; none: only zero passes.
  std::map<int, std::optional<uint64_t>> divisors_;
};

}  // namespace keelboat
