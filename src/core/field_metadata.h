#pragma once

namespace keelboat {

/// Keys of Arrow field metadata that travel with a column from source to warehouse.
///
/// The column's declared type at the source, as the source spells it:
/// "bigint(20) unsigned", "decimal(65,30)".
inline constexpr const char* kSourceTypeKey = "keelboat.source_type";
/// The column's comment at the source; absent when there is none.
inline constexpr const char* kCommentKey = "keelboat.comment";
/// What a string column means where Arrow has no type for it: "json", "time", "decimal",
/// "enum", "set". A sink may give it a better type of its own.
inline constexpr const char* kLogicalTypeKey = "keelboat.logical_type";

}  // namespace keelboat
