#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keelboat {

/// \brief The candidates that a person who typed `name` most likely meant.
///
/// Compares case-insensitively by edit distance (insert, delete, replace,
/// swap of neighbours). Returns at most `most` names, nearest first, none when
/// nothing is near.
std::vector<std::string> NearestNames(std::string_view name,
                                      const std::vector<std::string>& candidates,
                                      std::size_t most = 3);

/// " (did you mean 'orders'?)" or an empty string, to append to a message.
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace keelboat
