#pragma once

#include <string>
#include <string_view>

#include "app/config.h"
#include "app/config_reader.h"

namespace keelboat {

/// \brief Reads the keys of a Snowflake warehouse, all but `type`.
///
/// What is wrong goes to the reader's context. `lake` has been read: with `load: stage`
/// Snowflake reads its bucket.
SnowflakeSettings ReadSnowflake(MapReader& reader, const LakeConfig& lake);

/// \brief The account's identifier in what people paste for it.
///
/// "myorg-shop" of "https://myorg-shop.snowflakecomputing.com/console" and of
/// "https://app.snowflake.com/myorg/shop/worksheets"; empty where there is none.
std::string SnowflakeAccountIn(std::string_view text);

}  // namespace keelboat
