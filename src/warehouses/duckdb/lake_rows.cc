#include "warehouses/duckdb/lake_rows.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "warehouses/duckdb/sql_text.h"

namespace keelboat::duckdb {
namespace {

/// The type that the lake's files have for a column of this warehouse type.
std::string StoredType(const Column& column) {
  if (column.type == "UBIGINT") return "DECIMAL(20,0)";
  if (column.type == "JSON") return "VARCHAR";
  return column.type;
}

/// The type of the column in `Select`.
std::string SelectedType(const Column& column) {
  return column.type == "JSON" ? "VARCHAR" : column.type;
}

/// Precision and scale of "DECIMAL(p,s)".
std::optional<std::pair<int, int>> DecimalOf(const std::string& type) {
  int precision = 0;
  int scale = 0;
  const std::string prefix = "DECIMAL(";
  if (!type.starts_with(prefix)) return std::nullopt;
  const char* end = type.data() + type.size();
  auto [comma, error] = std::from_chars(type.data() + prefix.size(), end, precision);
  if (error != std::errc() || comma == end) return std::nullopt;
  std::from_chars(comma + 1, end, scale);
  return std::pair(precision, scale);
}

/// Whether files from before a column was widened hold it in this type.
bool Widens(const std::string& from, const std::string& to) {
  static const std::vector<std::string> kIntegers = {"TINYINT", "SMALLINT", "INTEGER",
                                                     "BIGINT"};
  auto from_integer = std::find(kIntegers.begin(), kIntegers.end(), from);
  auto to_integer = std::find(kIntegers.begin(), kIntegers.end(), to);
  if (to_integer != kIntegers.end() && from_integer < to_integer) return true;
  if (from == "FLOAT" && to == "DOUBLE") return true;
  auto from_decimal = DecimalOf(from);
  auto to_decimal = DecimalOf(to);
  if (!from_decimal.has_value() || !to_decimal.has_value()) return false;
  return to_decimal->second >= from_decimal->second &&
         to_decimal->first - to_decimal->second >=
             from_decimal->first - from_decimal->second;
}

/// Files with fewer rows in a row group have large rows: some 32 KiB and more each.
constexpr int64_t kRowsOfLargeGroup = 1024;

/// What DuckDB's reader calls the position of a row in its file.
constexpr const char* kRowNumber = "file_row_number";

std::string ReadParquet(const std::vector<LoadFile>& files) {
  std::vector<std::string> paths;
  for (const LoadFile& file : files) paths.push_back(file.path());
  // Folder names like "a=b" on the way to the lake are not columns.
  return "read_parquet(" + QuotePathList(paths) + ", hive_partitioning = false" +
         (paths.size() > 1 ? ", union_by_name = true)" : ")");
}

/// SQL for the version of the file that a row is from.
std::string VersionOf(const std::vector<LoadFile>& files) {
  std::string list;
  for (const LoadFile& file : files) {
    list += (list.empty() ? "[" : ", ") + std::to_string(file.rows_version);
  }
  return "CAST((" + list + "])[CAST(file_index AS BIGINT) + 1] AS BIGINT)";
}

}  // namespace

arrow::Result<LakeRows> LakeRows::Inspect(adbc::Connection& connection,
                                          const arrow::Schema& schema,
                                          std::vector<LoadFile> files,
                                          const std::vector<std::string>& key) {
  LakeRows rows;
  ARROW_ASSIGN_OR_RAISE(rows.columns_, TableColumns(schema));
  rows.columns_.resize(schema.num_fields());
  rows.files_ = std::move(files);
  for (const std::string& name : key) {
    const int position = schema.GetFieldIndex(name);
    if (position < 0) {
      return MakeError(ErrorKind::kInternal,
                       "the key's column '" + name + "' is not in the table",
                       {{"column", name}});
    }
    rows.key_.push_back(position);
  }
  if (rows.files_.empty()) return rows;
  auto [oldest, newest] = std::minmax_element(rows.files_.begin(), rows.files_.end(),
                                              [](const LoadFile& a, const LoadFile& b) {
                                                return a.rows_version < b.rows_version;
                                              });
  if (rows.key_.empty() || oldest->rows_version == newest->rows_version) {
    ARROW_RETURN_NOT_OK(rows.AddGroup(connection, schema, rows.files_));
    return rows;
  }
  std::vector<LoadFile> old_files;
  std::vector<LoadFile> newer_files;
  for (const LoadFile& file : rows.files_) {
    (file.rows_version == oldest->rows_version ? old_files : newer_files).push_back(file);
  }
  ARROW_RETURN_NOT_OK(rows.AddGroup(connection, schema, std::move(old_files)));
  ARROW_RETURN_NOT_OK(rows.AddGroup(connection, schema, std::move(newer_files)));
  return rows;
}

arrow::Status LakeRows::AddGroup(adbc::Connection& connection,
                                 const arrow::Schema& schema,
                                 std::vector<LoadFile> files) {
  ARROW_ASSIGN_OR_RAISE(Group group, MakeGroup(connection, schema, std::move(files)));
  groups_.push_back(std::move(group));
  return arrow::Status::OK();
}

arrow::Result<LakeRows::Group> LakeRows::MakeGroup(adbc::Connection& connection,
                                                   const arrow::Schema& schema,
                                                   std::vector<LoadFile> files) const {
  ARROW_ASSIGN_OR_RAISE(auto described,
                        connection.Fetch("DESCRIBE SELECT * FROM " + ReadParquet(files)));
  std::map<std::string, std::string> types;
  for (const adbc::Row& row : described) types[*row[0]] = *row[1];
  Group group{std::move(files), {}};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const std::string stored = StoredType(column);
    const std::string name = QuoteName(column.name);
    auto found = types.find(column.name);
    if (found == types.end()) {
      // Files from before a column was added do not have it: its value there is NULL.
      if (!schema.field(static_cast<int>(i))->nullable()) {
        return MakeError(ErrorKind::kData,
                         "no file of the lake has the column '" + column.name + "'",
                         {{"column", column.name}});
      }
      group.expressions.push_back("CAST(NULL AS " + SelectedType(column) + ")");
    } else if (found->second == SelectedType(column)) {
      group.expressions.push_back(name);
    } else {
      group.expressions.push_back("CAST(" + name + " AS " + SelectedType(column) + ")");
    }
    // An INSERT would convert, and round, in silence.
    if (found != types.end() && found->second != stored &&
        !Widens(found->second, stored)) {
      return MakeError(ErrorKind::kData,
                       "column '" + column.name + "' is " + found->second +
                           " in the lake's files where its log says " + stored +
                           ": extract the table anew",
                       {{"column", column.name}});
    }
  }
  return group;
}

int64_t LakeRows::file_rows() const {
  int64_t rows = 0;
  for (const LoadFile& file : files_) rows += file.rows;
  return rows;
}

std::string LakeRows::FreeName(std::string name) const {
  while (std::any_of(columns_.begin(), columns_.end(),
                     [&](const Column& column) { return SameName(column.name, name); })) {
    name += '_';
  }
  return QuoteName(name);
}

std::string LakeRows::KeyNames() const {
  std::string names;
  for (std::size_t position : key_) {
    names += (names.empty() ? "" : ", ") + QuoteName(columns_[position].name);
  }
  return names;
}

std::string LakeRows::SameKey(const std::string& left, const std::string& right) const {
  std::string same;
  for (std::size_t position : key_) {
    const std::string name = "." + QuoteName(columns_[position].name);
    if (!same.empty()) same += " AND ";
    same += left;
    same += name + " = " + right;
    same += name;
  }
  return same;
}

std::string LakeRows::SelectColumns(const Group& group,
                                    const std::string& version_name) const {
  std::string select = "SELECT ";
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string name = QuoteName(columns_[i].name);
    if (i > 0) select += ", ";
    select += group.expressions[i];
    if (group.expressions[i] != name) select += " AS " + name;
  }
  if (!version_name.empty()) {
    select += ", " + VersionOf(group.files) + " AS " + version_name;
  }
  return select + " FROM " + ReadParquet(group.files) + group.condition;
}

std::string LakeRows::SelectKeys(const Group& group,
                                 const std::string& version_name) const {
  std::string select = "SELECT ";
  for (std::size_t position : key_) {
    if (position != key_.front()) select += ", ";
    select += group.expressions[position] + " AS " + QuoteName(columns_[position].name);
  }
  if (!version_name.empty()) {
    select += ", " + VersionOf(group.files) + " AS " + version_name;
  }
  return select + " FROM " + ReadParquet(group.files) + group.condition;
}

std::string LakeRows::SelectKeys() const {
  std::string select;
  for (const Group& group : groups_) {
    select += (select.empty() ? "" : " UNION ALL ") + SelectKeys(group, "");
  }
  return select;
}

std::string LakeRows::Select() const {
  if (groups_.empty()) {
    std::string select = "SELECT ";
    for (const Column& column : columns_) {
      if (&column != &columns_.front()) select += ", ";
      select += "CAST(NULL AS " + SelectedType(column) + ") AS " + QuoteName(column.name);
    }
    return select + " WHERE false";
  }
  if (groups_.size() == 1) return SelectColumns(groups_[0], "");
  return SelectNewest(&groups_[0], &groups_[1]);
}

std::string LakeRows::SelectNewest(const Group* oldest, const Group* newer) const {
  const Group& all_newer = groups_[1];
  const bool one_newer = std::all_of(
      all_newer.files.begin(), all_newer.files.end(), [&](const LoadFile& file) {
        return file.rows_version == all_newer.files[0].rows_version;
      });
  // Among the newer files each key's newest version is found first; the oldest files,
  // mostly the bulk, only pass by that.
  const std::string version = FreeName("version");
  std::string select = one_newer ? "WITH newer AS (" + SelectKeys(all_newer, "") + ") "
                                 : "WITH newer AS MATERIALIZED (SELECT " + KeyNames() +
                                       ", max(" + version + ") AS " + version +
                                       " FROM (" + SelectKeys(all_newer, version) +
                                       ") GROUP BY " + KeyNames() + ") ";
  if (newer != nullptr && one_newer) {
    select += SelectColumns(*newer, "");
  } else if (newer != nullptr) {
    select += "SELECT n.* EXCLUDE (" + version + ") FROM (" +
              SelectColumns(*newer, version) + ") AS n SEMI JOIN newer ON (" +
              SameKey("n", "newer") + " AND n." + version + " = newer." + version + ")";
  }
  if (oldest == nullptr) return select;
  if (newer != nullptr) select += " UNION ALL ";
  return select + "SELECT o.* FROM (" + SelectColumns(*oldest, "") +
         ") AS o ANTI JOIN newer ON (" + SameKey("o", "newer") + ")";
}

arrow::Result<std::vector<std::string>> LakeRows::SelectPieces(
    adbc::Connection& connection, const arrow::Schema& schema) const {
  // A column of this name hides the reader's own.
  const bool hidden =
      std::any_of(columns_.begin(), columns_.end(),
                  [](const Column& column) { return SameName(column.name, kRowNumber); });
  std::vector<std::string> selects;
  if (hidden) return std::vector<std::string>{Select()};
  for (const Group& group : groups_) {
    for (const LoadFile& file : group.files) {
      ARROW_ASSIGN_OR_RAISE(Group piece, MakeGroup(connection, schema, {file}));
      ARROW_ASSIGN_OR_RAISE(
          auto row_groups,
          connection.Fetch("SELECT any_value(row_group_num_rows) FROM parquet_metadata(" +
                           QuoteText(file.path()) +
                           ") GROUP BY row_group_id ORDER BY row_group_id"));
      int64_t first = 0;
      for (const adbc::Row& row_group : row_groups) {
        const int64_t end = first + std::stoll(*row_group[0]);
        piece.condition = std::string(" WHERE ") + kRowNumber +
                          " >= " + std::to_string(first) + " AND " + kRowNumber + " < " +
                          std::to_string(end);
        first = end;
        const bool is_oldest = &group == &groups_.front();
        selects.push_back(!has_versions() ? SelectColumns(piece, "")
                          : is_oldest     ? SelectNewest(&piece, nullptr)
                                          : SelectNewest(nullptr, &piece));
      }
    }
  }
  return selects;
}

arrow::Result<bool> LakeRows::HasLargeRows(adbc::Connection& connection) const {
  if (files_.empty()) return false;
  std::vector<std::string> paths;
  for (const LoadFile& file : files_) paths.push_back(file.path());
  ARROW_ASSIGN_OR_RAISE(
      auto heads,
      connection.Fetch("SELECT sum(num_row_groups) FROM parquet_file_metadata(" +
                       QuotePathList(paths) + ")"));
  // The last row group of a file says nothing.
  const int64_t full = std::stoll(*heads[0][0]) - static_cast<int64_t>(files_.size());
  return full > 0 && file_rows() / full < kRowsOfLargeGroup;
}

arrow::Result<std::vector<std::string>> LakeRows::FindTextInJson(
    adbc::Connection& connection) const {
  std::vector<std::string> names;
  std::string checks;
  for (const Column& column : columns_) {
    if (column.type != "JSON") continue;
    names.push_back(column.name);
    checks += (checks.empty() ? "" : ", ");
    checks += "bool_and(json_valid(" + QuoteName(column.name) + "))";
  }
  std::vector<std::string> found;
  if (names.empty()) return found;
  for (const Group& group : groups_) {
    ARROW_ASSIGN_OR_RAISE(auto valid, connection.Fetch("SELECT " + checks + " FROM (" +
                                                       SelectColumns(group, "") + ")"));
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (valid[0][i] == "false") found.push_back(names[i]);
    }
  }
  return found;
}

arrow::Status LakeRows::CheckRead(adbc::Connection& connection, const std::string& table,
                                  int64_t lake_version, int64_t inserted) const {
  int64_t expected = file_rows();
  if (has_versions()) {
    ARROW_RETURN_NOT_OK(CheckFileRows(connection));
    ARROW_ASSIGN_OR_RAISE(
        auto keys, connection.Fetch("SELECT count(*) FROM (SELECT DISTINCT * FROM (" +
                                    SelectKeys() + "))"));
    expected = std::stoll(*keys[0][0]);
  }
  if (inserted == expected) return arrow::Status::OK();
  return MakeError(ErrorKind::kData,
                   "table '" + table + "' got " + std::to_string(inserted) +
                       " rows where the lake's version " + std::to_string(lake_version) +
                       " has " + std::to_string(expected) + ": nothing of it was kept",
                   {{"table", table}});
}

arrow::Status LakeRows::CheckFileRows(adbc::Connection& connection) const {
  if (files_.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto counted,
                        connection.Fetch("SELECT file_index, count(*) FROM " +
                                         ReadParquet(files_) + " GROUP BY file_index"));
  std::vector<int64_t> rows(files_.size(), 0);
  for (const adbc::Row& row : counted)
    rows.at(std::stoull(*row[0])) = std::stoll(*row[1]);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (rows[i] == files_[i].rows) continue;
    return MakeError(ErrorKind::kData,
                     "the lake's file '" + files_[i].uri + "' has " +
                         std::to_string(rows[i]) + " rows where its receipt says " +
                         std::to_string(files_[i].rows) + ": extract the table anew",
                     {{"file", files_[i].uri}});
  }
  return arrow::Status::OK();
}

}  // namespace keelboat::duckdb
