#include "support/load_requests.h"

#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "core/field_metadata.h"

namespace keelboat::testing {
namespace {

LoadFile WriteTable(const std::string& path, const std::shared_ptr<arrow::Schema>& schema,
                    const std::vector<std::shared_ptr<arrow::Array>>& arrays,
                    int64_t group_rows = 122880) {
  auto table = arrow::Table::Make(schema, arrays);
  auto output = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  auto properties = parquet::WriterProperties::Builder()
                        .compression(parquet::Compression::ZSTD)
                        ->max_row_group_length(group_rows)
                        ->enable_store_decimal_as_integer()
                        ->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), output,
                                         group_rows, properties)
                  .ok());
  EXPECT_TRUE(output->Close().ok());
  return {path, table->num_rows()};
}

}  // namespace

std::shared_ptr<arrow::Field> LakeField(
    const std::string& name, const std::shared_ptr<arrow::DataType>& type,
    const std::vector<std::pair<std::string, std::string>>& metadata) {
  auto map = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : metadata) map->Append(key, value);
  return arrow::field(name, type, /*nullable=*/true, map);
}

LoadFile WriteParquet(const std::string& path,
                      const std::shared_ptr<arrow::Schema>& schema,
                      const std::vector<std::string>& columns, int64_t group_rows) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (int i = 0; i < schema->num_fields(); ++i) {
    arrays.push_back(
        arrow::json::ArrayFromJSONString(schema->field(i)->type(), columns.at(i))
            .ValueOrDie());
  }
  return WriteTable(path, schema, arrays, group_rows);
}

std::shared_ptr<arrow::Schema> NumbersSchema() {
  return arrow::schema(
      {LakeField("id", arrow::int64()), LakeField("name", arrow::utf8())});
}

LoadFile WriteNumbers(const std::string& path, int64_t first, int64_t count,
                      const std::string& name) {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (int64_t i = first; i < first + count; ++i) {
    EXPECT_TRUE(ids.Append(i).ok());
    EXPECT_TRUE(names.Append(name + std::to_string(i)).ok());
  }
  return WriteTable(path, NumbersSchema(),
                    {ids.Finish().ValueOrDie(), names.Finish().ValueOrDie()});
}

LoadRequest RequestFor(const std::string& table,
                       const std::shared_ptr<arrow::Schema>& schema,
                       std::vector<LoadFile> files, int64_t version) {
  LoadRequest request;
  request.table = table;
  request.schema = schema;
  for (const LoadFile& file : files) request.rows += file.rows;
  request.files = std::move(files);
  request.lake_version = version;
  request.lake_uri = "/lake/" + table;
  request.run_id = "run-" + std::to_string(version);
  request.loaded_at = SystemTime(std::chrono::microseconds(1795226400123456 + version));
  request.description = "The table's " + table + ".";
  return request;
}

std::shared_ptr<arrow::Schema> CommentedNumbersSchema() {
  const auto schema = NumbersSchema();
  const auto id = LakeField("id", arrow::int64(), {{kCommentKey, "The order's number"}});
  return schema->SetField(0, id).ValueOrDie();
}

SetupRequest SetupOfNumbers(std::vector<std::string> schemas,
                            std::vector<SetupStep>* steps, bool dry_run) {
  SetupRequest request;
  request.dry_run = dry_run;
  request.schemas = std::move(schemas);
  request.tables = {{"orders", CommentedNumbersSchema(), "What was bought"}};
  request.on_step = [steps](const SetupStep& step) { steps->push_back(step); };
  return request;
}

std::vector<std::string> Missing(const std::vector<SetupStep>& steps) {
  std::vector<std::string> missing;
  for (const SetupStep& step : steps) {
    EXPECT_TRUE(step.error.ok()) << step.error;
    if (!step.existed) missing.push_back(step.what);
  }
  return missing;
}

}  // namespace keelboat::testing
