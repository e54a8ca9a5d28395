#include "warehouses/snowflake/load_sql.h"

#include <algorithm>
#include <regex>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "warehouses/increment_start.h"
#include "warehouses/snowflake/copy.h"

namespace keelboat::snowflake {
namespace {

/// Snowflake takes no more rows in one VALUES.
constexpr std::size_t kMostValues = 16000;

std::string Commas(const std::vector<std::string>& parts) {
  std::string list;
  for (const std::string& part : parts) list += (list.empty() ? "" : ", ") + part;
  return list;
}

std::string StagedType(const Column& column) {
  return column.is_json() ? "VARCHAR" : column.type;
}

}  // namespace

arrow::Result<LoadSql> LoadSql::Make(const Place& place, const LoadRequest& request,
                                     const std::vector<LoadFile>& files,
                                     const std::string& staging) {
  LoadSql sql(request);
  sql.files_ = files;
  sql.target_ = place.Name(UpperName(request.table));
  sql.staging_ = place.Name(staging);
  ARROW_ASSIGN_OR_RAISE(sql.columns_, TableColumns(*request.schema));
  sql.lake_columns_ = request.schema->num_fields();
  for (const std::string& name : request.key) {
    const int position = request.schema->GetFieldIndex(name);
    if (position < 0) {
      return MakeError(ErrorKind::kInternal,
                       "the key's column '" + name + "' is not in the table",
                       {{"column", name}});
    }
    sql.key_.push_back(position);
  }
  sql.has_versions_ = !sql.key_.empty() &&
                      std::any_of(files.begin(), files.end(), [&](const LoadFile& f) {
                        return f.rows_version != files[0].rows_version;
                      });
  if (!sql.has_versions_) return sql;
  if (files.size() > kMostValues) {
    return MakeError(ErrorKind::kUnsupported,
                     "table '" + request.table + "' has " + std::to_string(files.size()) +
                         " files, too many to tell their rows apart: run `keelboat "
                         "optimize` first");
  }
  std::string name = "_KEELBOAT_FILE";
  while (std::any_of(sql.columns_.begin(), sql.columns_.end(),
                     [&](const Column& column) { return column.name == name; })) {
    name += '_';
  }
  sql.file_column_ = QuoteName(name);
  return sql;
}

std::string LoadSql::KeyNames() const {
  std::vector<std::string> names;
  for (std::size_t position : key_) names.push_back(QuoteName(columns_[position].name));
  return Commas(names);
}

std::string LoadSql::CreateStaging() const {
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < lake_columns_; ++i) {
    columns.push_back(QuoteName(columns_[i].name) + " " + StagedType(columns_[i]));
  }
  if (!file_column_.empty()) columns.push_back(file_column_ + " VARCHAR");
  return "CREATE TRANSIENT TABLE " + staging_ + " (" + Commas(columns) +
         ") DATA_RETENTION_TIME_IN_DAYS = 0";
}

std::string LoadSql::DropStaging() const { return "DROP TABLE IF EXISTS " + staging_; }

std::string LoadSql::CountStaged() const {
  std::string nulls;
  for (std::size_t position : key_) {
    nulls +=
        (nulls.empty() ? "" : " OR ") + QuoteName(columns_[position].name) + " IS NULL";
  }
  std::string select =
      "SELECT COUNT(*), " + (nulls.empty() ? "0" : "COUNT_IF(" + nulls + ")");
  for (const Column& column : columns_) {
    if (!column.is_json()) continue;
    const std::string name = QuoteName(column.name);
    select +=
        ", COUNT_IF(" + name + " IS NOT NULL AND TRY_PARSE_JSON(" + name + ") IS NULL)";
  }
  return select + " FROM " + staging_;
}

std::string LoadSql::CountKeys() const {
  const std::string keys = KeyNames();
  if (has_versions_) {
    return "SELECT COUNT(*) FROM (SELECT DISTINCT " + keys + " FROM " + staging_ + ")";
  }
  return "SELECT COUNT(*) FROM (SELECT " + keys + " FROM " + staging_ + " GROUP BY " +
         keys + " HAVING COUNT(*) > 1)";
}

std::string LoadSql::ExampleOfText(const Column& column) const {
  const std::string name = QuoteName(column.name);
  return "SELECT LEFT(" + name + ", 80) FROM " + staging_ + " WHERE " + name +
         " IS NOT NULL AND TRY_PARSE_JSON(" + name + ") IS NULL LIMIT 1";
}

std::string LoadSql::CreateTarget() const {
  std::vector<std::string> columns;
  for (const Column& column : columns_) {
    columns.push_back(QuoteName(column.name) + " " + column.type);
  }
  return "CREATE TABLE IF NOT EXISTS " + target_ + " (" + Commas(columns) + ")";
}

std::string LoadSql::ReplaceTarget() const {
  std::vector<std::string> columns;
  for (const Column& column : columns_) {
    columns.push_back(QuoteName(column.name) + " " + column.type);
  }
  return "CREATE OR REPLACE TABLE " + target_ + " (" + Commas(columns) +
         ") COPY GRANTS AS SELECT " + Values() + " FROM " + StagedRows();
}

std::string LoadSql::AddColumn(const Column& column) const {
  return "ALTER TABLE " + target_ + " ADD COLUMN IF NOT EXISTS " +
         QuoteName(column.name) + " " + column.type;
}

std::string LoadSql::WidenColumn(const Column& column) const {
  return "ALTER TABLE " + target_ + " ALTER COLUMN " + QuoteName(column.name) +
         " SET DATA TYPE " + column.type;
}

std::string LoadSql::CommentOnTable() const {
  return "COMMENT ON TABLE " + target_ + " IS " + QuoteText(request_->description);
}

std::string LoadSql::CommentOnColumn(const Column& column) const {
  return "COMMENT ON COLUMN " + target_ + "." + QuoteName(column.name) + " IS " +
         QuoteText(column.comment);
}

std::string LoadSql::CountTarget() const { return "SELECT COUNT(*) FROM " + target_; }

std::string LoadSql::CountOfThisRun() const {
  return CountTarget() + " WHERE " + QuoteName(columns_[lake_columns_].name) + " = " +
         QuoteText(request_->run_id);
}

std::string LoadSql::DeleteAll() const { return "DELETE FROM " + target_; }

std::string LoadSql::DeleteOutdated(const std::string& bound) const {
  const LoadIncrement& increment = *request_->increment;
  const std::string cursor = QuoteName(UpperName(increment.cursor));
  return "DELETE FROM " + target_ + " WHERE " + cursor + " >= " + bound +
         (increment.or_null ? " OR " + cursor + " IS NULL" : "");
}

std::string LoadSql::DeleteArrived() const {
  const std::string table = QuoteName(UpperName(request_->table));
  std::string same;
  for (std::size_t position : key_) {
    const std::string name = QuoteName(columns_[position].name);
    if (!same.empty()) same += " AND ";
    same += table + "." + name + " = ARRIVED." + name;
  }
  return "DELETE FROM " + target_ + " USING (SELECT DISTINCT " + KeyNames() + " FROM " +
         staging_ + ") AS ARRIVED WHERE " + same;
}

// The rows that count: with versions, of each key those of the newest file that has it.
std::string LoadSql::StagedRows() const {
  if (!has_versions_) return staging_;
  std::vector<std::string> versions;
  for (const LoadFile& file : files_) {
    versions.push_back("(" + QuoteText(BaseName(file.path())) + ", " +
                       std::to_string(file.rows_version) + ")");
  }
  std::vector<std::string> columns;
  for (std::size_t i = 0; i < lake_columns_; ++i) {
    columns.push_back("STAGED." + QuoteName(columns_[i].name));
  }
  std::vector<std::string> keys;
  for (std::size_t position : key_) {
    keys.push_back("STAGED." + QuoteName(columns_[position].name));
  }
  return "(SELECT " + Commas(columns) + " FROM " + staging_ + " AS STAGED JOIN (VALUES " +
         Commas(versions) +
         ") AS VERSIONS (\"FILE_NAME\", \"ROWS_VERSION\") ON "
         "VERSIONS.\"FILE_NAME\" = SPLIT_PART(STAGED." +
         file_column_ + ", '/', -1) QUALIFY RANK() OVER (PARTITION BY " + Commas(keys) +
         " ORDER BY VERSIONS.\"ROWS_VERSION\" DESC) = 1) AS NEWEST";
}

std::string LoadSql::Values() const {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < lake_columns_; ++i) {
    const std::string name = QuoteName(columns_[i].name);
    values.push_back(columns_[i].is_json() ? "PARSE_JSON(" + name + ") AS " + name
                                           : name);
  }
  values.push_back(QuoteText(request_->run_id) + " AS " +
                   QuoteName(columns_[lake_columns_].name));
  values.push_back(TimeLiteral(request_->loaded_at) + " AS " +
                   QuoteName(columns_[lake_columns_ + 1].name));
  return Commas(values);
}

std::string LoadSql::Insert() const {
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(QuoteName(column.name));
  return "INSERT INTO " + target_ + " (" + Commas(names) + ") SELECT " + Values() +
         " FROM " + StagedRows();
}

std::string LoadSql::SelectComparable() const {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < lake_columns_; ++i) {
    const std::string name = QuoteName(columns_[i].name);
    values.push_back(
        columns_[i].is_json() ? "TO_JSON(PARSE_JSON(" + name + ")) AS " + name : name);
  }
  return "SELECT " + Commas(values) + " FROM " + StagedRows();
}

std::string LoadSql::SelectTarget() const {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < lake_columns_; ++i) {
    const std::string name = QuoteName(columns_[i].name);
    values.push_back(columns_[i].is_json() ? "TO_JSON(" + name + ") AS " + name : name);
  }
  return "SELECT " + Commas(values) + " FROM " + target_;
}

arrow::Result<std::string> BoundOf(const LoadRequest& request, const Column& cursor) {
  static const std::regex kNumber(R"(-?[0-9]{1,38}(\.[0-9]{1,37})?)");
  static const std::regex kReal(R"(-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)");
  static const std::regex kDate("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  static const std::regex kTime(
      "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?Z?");
  std::string text = request.increment->open_from;
  const auto is = [&](const std::regex& form) { return std::regex_match(text, form); };
  const bool is_time = cursor.type.starts_with("TIMESTAMP");
  if (cursor.type.starts_with("NUMBER") && is(kNumber)) return text;
  if (cursor.type == "FLOAT" && is(kReal)) {
    return "CAST(" + QuoteText(text) + " AS FLOAT)";
  }
  if (cursor.type == "DATE" && is(kDate)) return "CAST(" + QuoteText(text) + " AS DATE)";
  if (is_time && (is(kTime) || is(kDate))) {
    if (text.ends_with('Z')) text.pop_back();
    std::replace(text.begin(), text.end(), 'T', ' ');
    return "CAST(" + QuoteText(text) + " AS " + cursor.type + ")";
  }
  if (cursor.type.starts_with("NUMBER") || cursor.type == "FLOAT" ||
      cursor.type == "DATE" || is_time) {
    return WholeLoadNeeded(request.table,
                           "its cursor '" + cursor.lake_name + "' is " + cursor.type +
                               " and cannot be compared with '" + text + "'");
  }
  return WholeLoadNeeded(request.table, "only its source can compare values of '" +
                                            cursor.lake_name + "', which is " +
                                            cursor.type);
}

}  // namespace keelboat::snowflake
