#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat::delta {

/// \brief The type that the lake keeps a source's type as.
///
/// | source                                 | lake                 |
/// |----------------------------------------|----------------------|
/// | bool, int8…int64, float, double, date32 | the same            |
/// | uint8, uint16, uint32                  | int16, int32, int64  |
/// | uint64                                 | decimal128(20, 0)    |
/// | float16                                | float                |
/// | decimal up to 38 digits                | decimal128(p, s)     |
/// | decimal beyond 38 digits               | utf8, all digits     |
/// | utf8, binary (also large, view)        | utf8, binary         |
/// | fixed_size_binary                      | binary               |
/// | date64                                 | date32               |
/// | timestamp, any unit, with a zone       | timestamp[us, UTC]   |
/// | timestamp, any unit, without           | timestamp[us]        |
/// | time32, time64, duration               | utf8 "[-]HH:MM:SS[.ffffff]" |
/// | dictionary, extension                  | that of the values, of the storage |
/// | null                                   | utf8                 |
///
/// Others (lists, structs, maps, unions, intervals) are kUnsupported.
arrow::Result<std::shared_ptr<arrow::DataType>> LakeTypeOf(const arrow::DataType& source);

/// \brief The lake's schema for a source's, metadata and nullability kept.
///
/// Columns whose source type cannot be seen in the lake's get a logical type
/// (core/field_metadata.h) unless they have one: "decimal", "time". Errors: kData for
/// no columns, an empty name, or names that differ only in case; kUnsupported as above.
arrow::Result<std::shared_ptr<arrow::Schema>> LakeSchemaOf(const arrow::Schema& source);

/// Whether a column needs Delta's table feature timestampNtz.
bool HasTimestampWithoutZone(const arrow::Schema& lake_schema);

/// Delta's schema JSON. Comments become "comment", other metadata keeps its keys.
std::string SchemaToJson(const arrow::Schema& lake_schema);

/// \brief Reads Delta's schema JSON.
///
/// Types that the lake does not have (structs, arrays, maps, variant …) are
/// kUnsupported and named with their column; broken JSON is kData.
arrow::Result<std::shared_ptr<arrow::Schema>> SchemaFromJson(const std::string& json);

}  // namespace keelboat::delta
