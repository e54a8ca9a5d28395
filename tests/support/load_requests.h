#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type_fwd.h>

#include "warehouses/warehouse.h"

namespace keelboat::testing {

// What tests of warehouses load. Everything that fails here fails the test.

/// A lake field with metadata, e.g. LakeField("n", arrow::utf8(), {{kLogicalTypeKey,
/// "json"}}).
std::shared_ptr<arrow::Field> LakeField(
    const std::string& name, const std::shared_ptr<arrow::DataType>& type,
    const std::vector<std::pair<std::string, std::string>>& metadata = {});

/// Writes a Parquet file as the lake does; `columns` holds one JSON array per field.
LoadFile WriteParquet(const std::string& path,
                      const std::shared_ptr<arrow::Schema>& schema,
                      const std::vector<std::string>& columns,
                      int64_t group_rows = 122880);

/// Rows (n, 'name n') for n in [first, first + count), fields "id" and "name".
LoadFile WriteNumbers(const std::string& path, int64_t first, int64_t count,
                      const std::string& name = "name ");
std::shared_ptr<arrow::Schema> NumbersSchema();

/// A request for version `version` of table `table` whose files hold all its rows.
LoadRequest RequestFor(const std::string& table,
                       const std::shared_ptr<arrow::Schema>& schema,
                       std::vector<LoadFile> files, int64_t version);

/// The columns of Numbers, the first with a comment.
std::shared_ptr<arrow::Schema> CommentedNumbersSchema();

/// A setup of table "orders" with these columns, and of schemas; its steps come into
/// `steps`.
SetupRequest SetupOfNumbers(std::vector<std::string> schemas,
                            std::vector<SetupStep>* steps, bool dry_run);

/// What of these steps was not there yet. None may have failed.
std::vector<std::string> Missing(const std::vector<SetupStep>& steps);

}  // namespace keelboat::testing
