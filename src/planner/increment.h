#pragma once

#include <map>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "planner/planner.h"

namespace keelboat {

/// Keys of the table configuration in the lake that say how far an incremental table is
/// read and what it was read with (docs/formats/lake.md).
namespace lake_key {
inline constexpr const char* kSource = "keelboat.source";
inline constexpr const char* kStrategy = "keelboat.strategy";
inline constexpr const char* kKey = "keelboat.key";  ///< JSON list of column names.
inline constexpr const char* kWhere = "keelboat.where";
inline constexpr const char* kMasks = "keelboat.masks";
inline constexpr const char* kFullAt = "keelboat.full_at";
/// The source's clock when the view was taken that the newest commit was read in.
inline constexpr const char* kTakenAt = "keelboat.taken_at";
inline constexpr const char* kCursor = "keelboat.cursor";
inline constexpr const char* kCursorKind = "keelboat.cursor_kind";
inline constexpr const char* kCursorType = "keelboat.cursor_type";
inline constexpr const char* kNullCursor = "keelboat.null_cursor";
inline constexpr const char* kWatermark = "keelboat.watermark";
inline constexpr const char* kOpenFrom = "keelboat.open_from";
}  // namespace lake_key

/// What the lake's configuration has under one of these keys; empty: nothing.
std::string ValueOf(const LakeSnapshot& lake, const char* key);

/// The columns that tell rows of a table apart, as its last commit recorded them; empty
/// where all rows count. kData where they cannot be read.
arrow::Result<std::vector<std::string>> KeyOf(const LakeSnapshot& lake);

/// The version that last replaced all rows; nullopt where nothing tells it.
std::optional<int64_t> BaseVersionOf(const LakeSnapshot& lake);

/// \brief Decides between an increment and a full load of a table that follows a cursor.
///
/// Fills `plan.strategy`, `reason`, `cursor`, `check_keys` and adds warnings. The plan's
/// columns and key are there. kConfig for a cursor or lookback that cannot be; kData for
/// rows without a cursor value that nobody asked to include.
arrow::Status DecideIncrement(const PlanOptions& options, const TableFacts& facts,
                              TablePlan& plan);

/// \brief Why rows that are read now do not go beside those that an incremental load left
/// in the lake; empty: they do. The lake has an `open_from`.
std::string WhyNotTogether(const TableFacts& facts, const TablePlan& plan);

/// The configuration that a commit of this plan writes, but for how far it is read.
std::map<std::string, std::string> ConfigurationOf(const PlanOptions& options,
                                                   const TableFacts& facts,
                                                   const TablePlan& plan);

}  // namespace keelboat
