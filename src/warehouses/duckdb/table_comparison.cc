#include "warehouses/duckdb/table_comparison.h"

#include <algorithm>
#include <filesystem>

#include <arrow/type.h>

#include "core/stop.h"
#include "keelboat/error.h"
#include "warehouses/duckdb/ledger.h"
#include "warehouses/duckdb/sql_text.h"

namespace keelboat::duckdb {
namespace {

constexpr const char* kDifferences = "temp.main._keelboat_differences";
constexpr int kExamples = 5;

}  // namespace

arrow::Result<Difference> TableComparison::Run(const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  ARROW_RETURN_NOT_OK(connection_.Execute("BEGIN TRANSACTION"));
  arrow::Result<Difference> difference = [&] {
    adbc::CancelOnStop cancel(&connection_, stop);
    return Compare();
  }();
  arrow::Status ended = connection_.Execute("ROLLBACK").status();
  if (difference.ok()) ARROW_RETURN_NOT_OK(ended);
  return difference;
}

arrow::Status TableComparison::CheckLedger() {
  ARROW_ASSIGN_OR_RAISE(auto entries, Ledger(&connection_, schema_).Read());
  const auto entry =
      std::find_if(entries.begin(), entries.end(), [&](const LedgerEntry& candidate) {
        return candidate.row.table == request_.table;
      });
  if (entry == entries.end()) {
    return MakeError(ErrorKind::kNotFound,
                     "the warehouse's ledger has no table '" + request_.table +
                         "': it was never loaded; load it first",
                     {{"table", request_.table}});
  }
  const LedgerRow& row = entry->row;
  ARROW_ASSIGN_OR_RAISE(std::string digest, FilesDigest(request_.files));
  if (row.lake_uri != request_.lake_uri || row.lake_version != request_.lake_version ||
      digest != entry->files_sha256) {
    return MakeError(
        ErrorKind::kConflict,
        "table '" + request_.table + "' of the warehouse was loaded from version " +
            std::to_string(row.lake_version) + " of '" + row.lake_uri +
            "' and cannot be compared with version " +
            std::to_string(request_.lake_version) + " of '" + request_.lake_uri +
            (row.lake_version == request_.lake_version ? "', which has other files"
                                                       : "'") +
            ": load it first",
        {{"table", request_.table}});
  }
  ARROW_ASSIGN_OR_RAISE(existing_,
                        ReadExistingTable(connection_, schema_, request_.table));
  if (existing_.has_value() && !existing_->is_view) return arrow::Status::OK();
  return MakeError(ErrorKind::kNotFound,
                   "table " + QuoteTable(schema_, request_.table) +
                       " is not in the warehouse though the ledger has it: somebody "
                       "dropped it; load it again",
                   {{"table", request_.table}});
}

arrow::Status TableComparison::MatchColumns() {
  ARROW_ASSIGN_OR_RAISE(std::vector<Column> expected, TableColumns(*request_.schema));
  auto differs = [&](const std::string& how) {
    return MakeError(ErrorKind::kData,
                     "table " + QuoteTable(schema_, request_.table) + " " + how +
                         ": somebody altered it; load it whole",
                     {{"table", request_.table}});
  };
  for (const Column& column : expected) {
    const Column* found = existing_->Find(column.name);
    if (found == nullptr) return differs("lacks the column '" + column.name + "'");
    // A JSON column with text in it is loaded as text.
    if (found->type == column.type ||
        (column.type == "JSON" && found->type == "VARCHAR")) {
      continue;
    }
    return differs("has the column '" + column.name + "' as " + found->type +
                   " where a load gives " + column.type);
  }
  if (existing_->columns.size() == expected.size()) return arrow::Status::OK();
  for (const Column& column : existing_->columns) {
    if (std::none_of(expected.begin(), expected.end(),
                     [&](const Column& other) { return other.name == column.name; })) {
      return differs("has a column '" + column.name + "' that the lake does not have");
    }
  }
  return arrow::Status::OK();
}

std::string TableComparison::Hashes(const Side& side) const {
  std::string values;
  for (const Column& column : columns_) {
    if (!values.empty()) values += ", ";
    const std::string name = QuoteName(column.name);
    // Compared as numbers, 0.0 and -0.0 are equal.
    const bool is_float = column.type == "FLOAT" || column.type == "DOUBLE";
    values += is_float ? "CAST(" + name + " AS BIT)" : name;
  }
  // The outer hash spreads the inner one, which is weak in its last column, over all
  // bits: sums of it agree by chance only.
  return "SELECT hash(hash(" + values + ")) AS h, s.* FROM (" + side.select + ") AS s";
}

arrow::Result<Difference> TableComparison::Compare() {
  for (const LoadFile& file : request_.files) {
    std::error_code ignored;
    if (request_.fetch || std::filesystem::exists(file.uri, ignored)) continue;
    return MakeError(
        ErrorKind::kNotFound,
        "the lake's file '" + file.uri + "' is not there: extract the table anew",
        {{"file", file.uri}});
  }
  ARROW_RETURN_NOT_OK(CheckLedger());
  ARROW_RETURN_NOT_OK(MatchColumns());
  ARROW_ASSIGN_OR_RAISE(auto files, request_.Readable(request_.files));
  ARROW_ASSIGN_OR_RAISE(LakeRows rows, LakeRows::Inspect(connection_, *request_.schema,
                                                         std::move(files), request_.key));
  columns_ = rows.columns();
  for (const std::string& name : request_.key)
    key_.push_back(request_.schema->GetFieldIndex(name));
  lake_ = {"lake", rows.Select(), "1"};
  warehouse_ = {"warehouse", "SELECT ", "-1"};
  for (const Column& column : columns_) {
    const std::string name = QuoteName(column.name);
    if (&column != &columns_.front()) warehouse_.select += ", ";
    warehouse_.select +=
        column.type == "JSON" ? "CAST(" + name + " AS VARCHAR) AS " + name : name;
  }
  warehouse_.select += " FROM " + QuoteTable(schema_, request_.table);

  std::vector<adbc::Row> sums;
  for (const Side* side : {&lake_, &warehouse_}) {
    ARROW_ASSIGN_OR_RAISE(
        auto sum, connection_.Fetch("SELECT count(*), CAST(sum(h) AS VARCHAR) FROM (" +
                                    Hashes(*side) + ")"));
    sums.push_back(std::move(sum[0]));
  }
  ARROW_RETURN_NOT_OK(rows.CheckRead(connection_, request_.table, request_.lake_version,
                                     std::stoll(*sums[0][0])));
  Difference difference;
  if (sums[0] == sums[1]) return difference;

  std::string both;
  for (const Side* side : {&lake_, &warehouse_}) {
    both += (both.empty() ? "" : " UNION ALL ");
    both += "SELECT h, " + side->sign + " AS side FROM (" + Hashes(*side) + ")";
  }
  ARROW_RETURN_NOT_OK(connection_.Execute(std::string("CREATE TEMP TABLE ") +
                                          kDifferences +
                                          " AS SELECT h, sum(side) AS rows FROM (" +
                                          both + ") GROUP BY h HAVING sum(side) <> 0"));
  ARROW_ASSIGN_OR_RAISE(
      auto counts,
      connection_.Fetch(std::string("SELECT CAST(sum(greatest(rows, 0)) AS BIGINT), "
                                    "CAST(sum(greatest(-rows, 0)) AS BIGINT) FROM ") +
                        kDifferences));
  difference.missing = std::stoll(counts[0][0].value_or("0"));
  difference.extra = std::stoll(counts[0][1].value_or("0"));
  ARROW_ASSIGN_OR_RAISE(auto missing, FindExamples(lake_));
  ARROW_ASSIGN_OR_RAISE(auto extra, FindExamples(warehouse_));
  for (const auto* examples : {&missing, &extra}) {
    for (const DifferingRow& example : *examples)
      difference.evidence.push_back(example.evidence);
  }
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  difference.examples = DescribeDifferences(names, key_, missing, extra);
  return difference;
}

arrow::Result<std::vector<DifferingRow>> TableComparison::FindExamples(const Side& side) {
  const std::string differing =
      std::string(kDifferences) + " AS d WHERE d.rows * " + side.sign + " > 0";
  std::string choice =
      "SELECT h FROM " + differing + " ORDER BY h LIMIT " + std::to_string(kExamples);
  if (!key_.empty()) {
    // By key, so that the two sides of one row come together.
    std::string key;
    for (std::size_t position : key_) key += QuoteName(columns_[position].name) + ", ";
    choice = "SELECT h FROM (SELECT DISTINCT " + key + "h FROM (" + Hashes(side) +
             ") WHERE h IN (SELECT h FROM " + differing + ")) ORDER BY " + key +
             "h LIMIT " + std::to_string(kExamples);
  }
  ARROW_ASSIGN_OR_RAISE(
      auto hashes, connection_.Fetch("SELECT CAST(h AS VARCHAR) FROM (" + choice + ")"));
  std::vector<DifferingRow> examples;
  if (hashes.empty()) return examples;
  std::string wanted;
  for (const adbc::Row& hash : hashes) {
    wanted +=
        (wanted.empty() ? "" : ", ") + ("CAST(" + QuoteText(*hash[0]) + " AS UBIGINT)");
  }
  std::string values;
  std::string members;
  for (const Column& column : columns_) {
    const std::string text = "CAST(" + QuoteName(column.name) + " AS VARCHAR)";
    values += ", " + text;
    members += (members.empty() ? "" : ", ") + QuoteText(column.name) + ", " + text;
  }
  ARROW_ASSIGN_OR_RAISE(
      auto found, connection_.Fetch("SELECT DISTINCT ON (h) CAST(h AS VARCHAR), "
                                    "CAST(json_object('side', " +
                                    QuoteText(side.name) + ", 'row', json_object(" +
                                    members + ")) AS VARCHAR)" + values + " FROM (" +
                                    Hashes(side) + ") WHERE h IN (" + wanted + ")"));
  for (const adbc::Row& hash : hashes) {
    for (const adbc::Row& row : found) {
      if (row[0] != hash[0]) continue;
      examples.push_back({{row.begin() + 2, row.end()}, row[1].value_or("")});
    }
  }
  return examples;
}

}  // namespace keelboat::duckdb
