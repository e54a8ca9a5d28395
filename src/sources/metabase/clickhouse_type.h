#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelboat::metabase {

/// \brief A ClickHouse type taken apart: "Nullable(DateTime64(3, 'UTC'))". A value.
struct ClickHouseType {
  std::string name;  ///< "DateTime64", without what only wraps a type.
  /// "3", "'UTC'"; of LowCardinality, Nullable, SimpleAggregateFunction: the inner one's.
  std::vector<std::string> arguments;
  bool nullable = false;
};

/// Takes a type's text apart. What is no type comes back as the name.
ClickHouseType ParseClickHouseType(std::string_view text);

}  // namespace keelboat::metabase
