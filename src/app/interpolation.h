#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

namespace keelboat {

/// Finds a variable's value; nullopt: it is not set.
using VariableLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// A text with its variables filled in.
struct Interpolated {
  std::string text;
  std::vector<std::string> variables;  ///< Names used, in order.
};

/// \brief Fills in `${NAME}` and `${NAME:-default}`; `$$` is one dollar sign.
///
/// The default is used where the variable is not set or empty, and may hold variables
/// itself. A dollar sign before anything else stays as it is. What a variable holds is
/// never looked into again. kConfig (detail "variable") names a variable that is not set
/// and has no default, and says what is wrong with a malformed reference.
arrow::Result<Interpolated> Interpolate(std::string_view text,
                                        const VariableLookup& lookup);

/// Whether `Interpolate` would look up a variable.
bool HasVariables(std::string_view text);

/// \brief Length of the `${…}` that `text` begins with, up to its closing brace on the
/// same line.
///
/// 0 when it does not begin with a well-formed reference.
std::size_t ReferenceLength(std::string_view text);

}  // namespace keelboat
