#include "support/snowflake_fixture.h"

#include <unistd.h>

#include <cstdlib>

#include <arrow/builder.h>
#include <arrow/io/file.h>
#include <arrow/json/from_string.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>
#include <nlohmann/json.hpp>

namespace keelboat::snowflake {
namespace {

LoadFile WriteTable(const std::string& path, const std::shared_ptr<arrow::Schema>& schema,
                    const std::vector<std::shared_ptr<arrow::Array>>& arrays) {
  auto table = arrow::Table::Make(schema, arrays);
  auto output = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  auto properties = parquet::WriterProperties::Builder()
                        .compression(parquet::Compression::ZSTD)
                        ->max_row_group_length(122880)
                        ->enable_store_decimal_as_integer()
                        ->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), output,
                                         122880, properties)
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
                      const std::vector<std::string>& columns) {
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (int i = 0; i < schema->num_fields(); ++i) {
    arrays.push_back(
        arrow::json::ArrayFromJSONString(schema->field(i)->type(), columns.at(i))
            .ValueOrDie());
  }
  return WriteTable(path, schema, arrays);
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

testing::SnowflakeStandin& WarehouseTest::service() const {
  return testing::SnowflakeStandin::Shared();
}

SnowflakeOptions WarehouseTest::Options() const {
  SnowflakeOptions options;
  options.driver = KEELBOAT_SNOWFLAKE_DRIVER;
  options.account = testing::SnowflakeStandin::kAccount;
  options.user = testing::SnowflakeStandin::kUser;
  options.password = testing::SnowflakeStandin::kPassword;
  options.role = testing::SnowflakeStandin::kRole;
  options.warehouse = testing::SnowflakeStandin::kWarehouse;
  options.database = testing::SnowflakeStandin::kDatabase;
  options.host = service().host();
  options.port = service().port();
  options.protocol = "http";
  options.login_timeout = std::chrono::seconds(5);
  options.request_timeout = std::chrono::seconds(20);
  return options;
}

void WarehouseTest::SetUp() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "keelboat-snowflake-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  service().Reset();
  service().Sql("DROP SCHEMA IF EXISTS OLIST.RAW CASCADE");
}

void WarehouseTest::TearDown() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::unique_ptr<Warehouse> WarehouseTest::Make(StatementHook hook) const {
  return MakeSnowflakeWarehouse(Options(), std::move(hook)).ValueOrDie();
}

std::vector<TextRow> WarehouseTest::Sql(const std::string& sql) const {
  std::vector<TextRow> rows;
  try {
    const auto answer = nlohmann::json::parse(service().Sql(sql));
    for (const auto& row : answer.at("rows")) {
      TextRow texts;
      for (const auto& cell : row) {
        if (cell.is_null()) {
          texts.emplace_back("(null)");
        } else {
          texts.push_back(cell.is_string() ? cell.get<std::string>() : cell.dump());
        }
      }
      rows.push_back(std::move(texts));
    }
  } catch (const std::exception& error) {
    ADD_FAILURE() << sql << ": " << error.what();
  }
  return rows;
}

std::string WarehouseTest::Value(const std::string& sql) const {
  auto rows = Sql(sql);
  if (rows.empty() || rows[0].empty()) return "(no row)";
  return rows[0][0];
}

std::vector<std::string> WarehouseTest::Leftovers() const {
  std::vector<std::string> found;
  for (const TextRow& row :
       Sql("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW' "
           "AND STARTSWITH(TABLE_NAME, '_KEELBOAT_LOAD')")) {
    found.push_back(row.at(0));
  }
  for (const TextRow& row : Sql("LIST @OLIST.RAW.KEELBOAT_STAGE")) {
    found.push_back(row.at(0));
  }
  return found;
}

}  // namespace keelboat::snowflake
