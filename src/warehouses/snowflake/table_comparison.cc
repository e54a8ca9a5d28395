#include "warehouses/snowflake/table_comparison.h"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include <arrow/type.h>

#include "core/clock.h"
#include "keelboat/error.h"
#include "warehouses/snowflake/existing_table.h"
#include "warehouses/snowflake/setup.h"

namespace keelboat::snowflake {
namespace {

constexpr const char* kMore = "\"_KEELBOAT_MORE\"";
constexpr const char* kSide = "\"_KEELBOAT_SIDE\"";
constexpr int kExamples = 5;

std::string Commas(const std::vector<std::string>& parts) {
  std::string list;
  for (const std::string& part : parts) list += (list.empty() ? "" : ", ") + part;
  return list;
}

}  // namespace

TableComparison::TableComparison(Session* session, OpenSession open,
                                 const SnowflakeOptions& options,
                                 const LoadRequest& request)
    : session_(*session),
      open_(std::move(open)),
      options_(options),
      request_(request),
      place_(PlaceOf(options)),
      name_(LoadName::New(Clock::System().Now())) {}

arrow::Result<Difference> TableComparison::Run() {
  ARROW_ASSIGN_OR_RAISE(sql_,
                        LoadSql::Make(place_, request_, request_.files, name_.Table()));
  for (const Column& column : sql_->columns()) {
    if (!column.lake_name.empty()) names_.push_back(QuoteName(column.name));
  }
  ARROW_RETURN_NOT_OK(CheckLedger());
  ARROW_RETURN_NOT_OK(MatchColumns());
  StagedLoad staged(&session_, open_, options_, request_, name_);
  arrow::Status filled = staged.Fill(&*sql_, request_.files);
  arrow::Result<Difference> difference = filled.ok() ? Compare() : filled;
  if (difference.ok() || !IsRetryable(KindOf(difference.status()))) {
    staged.CleanUp(*sql_);
  }
  return difference;
}

arrow::Status TableComparison::CheckLedger() const {
  const Ledger ledger(place_);
  auto entries = ledger.Read(session_);
  const bool missing = !entries.ok() && KindOf(entries.status()) == ErrorKind::kNotFound;
  if (!missing) ARROW_RETURN_NOT_OK(entries.status());
  const LedgerEntry* entry = nullptr;
  if (!missing) {
    for (const LedgerEntry& candidate : *entries) {
      if (candidate.row.table == request_.table) entry = &candidate;
    }
  }
  if (entry == nullptr) {
    return MakeError(ErrorKind::kNotFound,
                     "the warehouse's ledger has no table '" + request_.table +
                         "': it was never loaded; load it first",
                     {{"table", request_.table}});
  }
  const LedgerRow& row = entry->row;
  ARROW_ASSIGN_OR_RAISE(std::string digest, FilesDigest(request_.files));
  if (row.lake_uri == request_.lake_uri && row.lake_version == request_.lake_version &&
      digest == entry->files_sha256) {
    return arrow::Status::OK();
  }
  return MakeError(
      ErrorKind::kConflict,
      "table '" + request_.table + "' of the warehouse was loaded from version " +
          std::to_string(row.lake_version) + " of '" + row.lake_uri +
          "' and cannot be compared with version " +
          std::to_string(request_.lake_version) + " of '" + request_.lake_uri +
          (row.lake_version == request_.lake_version ? "', which has other files" : "'") +
          ": load it first",
      {{"table", request_.table}});
}

arrow::Status TableComparison::MatchColumns() const {
  ARROW_ASSIGN_OR_RAISE(auto existing,
                        ReadExistingTable(session_, place_, UpperName(request_.table)));
  if (!existing.has_value() || existing->is_view) {
    return MakeError(ErrorKind::kNotFound,
                     "table " + sql_->target() +
                         " is not in the warehouse though the ledger has it: somebody "
                         "dropped it; load it again",
                     {{"table", request_.table}});
  }
  const ColumnChanges changes = ChangesOf(*existing, sql_->columns());
  std::string how = changes.incompatible;
  if (!changes.added.empty()) how = "it lacks the column '" + changes.added[0].name + "'";
  if (!changes.widened.empty()) {
    how = "its column '" + changes.widened[0].name + "' is narrower than the lake's";
  }
  if (how.empty()) return arrow::Status::OK();
  return MakeError(ErrorKind::kData,
                   "table " + sql_->target() + " is not as a load leaves it, because " +
                       how + ": somebody altered it; load it whole",
                   {{"table", request_.table}});
}

std::string TableComparison::Differing() const {
  const std::string columns = Commas(names_);
  return "(SELECT " + columns + ", SUM(" + kSide + ") AS " + kMore + " FROM (SELECT " +
         columns + ", 1 AS " + kSide + " FROM (" + sql_->SelectComparable() +
         ") AS LAKE UNION ALL SELECT " + columns + ", -1 AS " + kSide + " FROM (" +
         sql_->SelectTarget() + ") AS WAREHOUSE) AS SIDES GROUP BY " + columns +
         " HAVING SUM(" + kSide + ") <> 0) AS DIFFERING";
}

arrow::Result<Difference> TableComparison::Compare() const {
  const std::string differing = Differing();
  ARROW_ASSIGN_OR_RAISE(
      auto counts,
      session_.Fetch(std::string("SELECT CAST(COALESCE(SUM(GREATEST(") + kMore +
                     ", 0)), 0) AS NUMBER(18,0)), CAST(COALESCE(SUM(GREATEST(-" + kMore +
                     ", 0)), 0) AS NUMBER(18,0)) FROM " + differing));
  Difference difference;
  ARROW_ASSIGN_OR_RAISE(difference.missing, ToInteger(counts.at(0).at(0)));
  ARROW_ASSIGN_OR_RAISE(difference.extra, ToInteger(counts.at(0).at(1)));
  if (difference.empty()) return difference;
  ARROW_ASSIGN_OR_RAISE(auto missing, FindExamples("lake", " > 0"));
  ARROW_ASSIGN_OR_RAISE(auto extra, FindExamples("warehouse", " < 0"));
  for (const auto* examples : {&missing, &extra}) {
    for (const DifferingRow& example : *examples) {
      difference.evidence.push_back(example.evidence);
    }
  }
  std::vector<std::string> columns;
  for (const Column& column : sql_->columns()) {
    if (!column.lake_name.empty()) columns.push_back(column.lake_name);
  }
  difference.examples = DescribeDifferences(columns, sql_->key(), missing, extra);
  return difference;
}

arrow::Result<std::vector<DifferingRow>> TableComparison::FindExamples(
    const std::string& side, const std::string& where) const {
  std::vector<std::string> texts;
  std::vector<std::string> order;
  for (const std::string& name : names_) {
    texts.push_back("CAST(" + name + " AS VARCHAR)");
  }
  // By key, so that the two sides of one row come together.
  for (std::size_t position : sql_->key()) order.push_back(names_[position]);
  if (order.empty()) order = names_;
  ARROW_ASSIGN_OR_RAISE(
      auto rows, session_.Fetch("SELECT " + Commas(texts) + " FROM " + Differing() +
                                " WHERE " + kMore + where + " ORDER BY " + Commas(order) +
                                " LIMIT " + std::to_string(kExamples)));
  std::vector<DifferingRow> examples;
  for (adbc::Row& row : rows) {
    nlohmann::ordered_json values;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string& name = sql_->columns()[i].lake_name;
      values[name] = row.at(i).has_value() ? nlohmann::ordered_json(*row[i])
                                           : nlohmann::ordered_json(nullptr);
    }
    const nlohmann::ordered_json evidence = {{"side", side}, {"row", values}};
    examples.push_back({std::move(row),
                        evidence.dump(-1, ' ', false,
                                      nlohmann::ordered_json::error_handler_t::replace)});
  }
  return examples;
}

}  // namespace keelboat::snowflake
