#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "formats/parquet/writer.h"

namespace arrow {
class Schema;
}  // namespace arrow

namespace keelboat::delta {

/// \brief Delta's statistics of a file.
///
/// {"numRecords":n,"minValues":{…},"maxValues":{…},"nullCount":{…}} over the first 32
/// columns. Bounds hold whatever they are rounded to: strings are cut to 32 characters
/// (the upper one then ends in U+10FFFF), timestamps to milliseconds (the upper one
/// upwards). Binary columns have none. Where another column with values has none (NaN, a
/// date outside the years 1 to 9999), minValues and maxValues are left out of the file:
/// some readers take a bound missing among others for one that nothing meets.
std::string StatisticsJson(const arrow::Schema& lake_schema, const ParquetFileInfo& file);

/// numRecords of a statistics text; nullopt when it is not there.
std::optional<int64_t> RowsInStatistics(const std::string& json);

}  // namespace keelboat::delta
