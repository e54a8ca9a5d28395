#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>

namespace keelboat {

/// A row for people: its columns with their values as text.
using RowTexts = std::vector<std::pair<std::string, std::string>>;

RowTexts TextsOf(const arrow::RecordBatch& rows, int64_t row);

/// "id = '7', name = 'Ana'"; long values are cut.
std::string Describe(const RowTexts& row);

/// "id = '7' differs: name is 'Ana' in the lake and 'Anna' at the source". Both rows have
/// the same columns.
std::string DescribeChange(const RowTexts& lake, const RowTexts& source,
                           const std::vector<std::string>& key);

/// {"side": …, "row": {column: text}} as JSON, whole.
std::string EvidenceOf(const char* side, const RowTexts& row);

}  // namespace keelboat
