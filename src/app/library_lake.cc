#include <algorithm>
#include <utility>

#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "app/config.h"
#include "app/project.h"
#include "app/surroundings.h"
#include "contracts/compute.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "keelboat/project.h"
#include "lake/view/latest_rows.h"
#include "planner/increment.h"

namespace keelboat {
namespace {

// A column of a file as the table has it now: files of older versions may lack it, or
// have it narrower.
arrow::Result<std::shared_ptr<arrow::Array>> AsNow(const arrow::RecordBatch& rows,
                                                   const arrow::Field& field) {
  auto column = rows.GetColumnByName(field.name());
  if (column == nullptr) {
    return arrow::MakeArrayOfNull(field.type(), rows.num_rows());
  }
  if (column->type()->Equals(*field.type())) return column;
  return arrow::compute::Cast(*column, field.type());
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> Kept(
    const std::shared_ptr<arrow::RecordBatch>& batch,
    const std::vector<bool>& superseded) {
  if (std::find(superseded.begin(), superseded.end(), true) == superseded.end()) {
    return batch;
  }
  arrow::BooleanBuilder counts;
  ARROW_RETURN_NOT_OK(counts.Reserve(static_cast<int64_t>(superseded.size())));
  for (const bool is : superseded) counts.UnsafeAppend(!is);
  ARROW_ASSIGN_OR_RAISE(auto mask, counts.Finish());
  ARROW_ASSIGN_OR_RAISE(arrow::Datum kept, arrow::compute::Filter(batch, mask));
  return kept.record_batch();
}

std::vector<std::string> KeyOf(const LakeSnapshot& snapshot) {
  const auto found = snapshot.configuration.find(lake_key::kKey);
  if (found == snapshot.configuration.end()) return {};
  const auto key = nlohmann::json::parse(found->second, nullptr, false);
  if (!key.is_array()) return {};
  std::vector<std::string> columns;
  for (const auto& column : key) {
    if (column.is_string()) columns.push_back(column.get<std::string>());
  }
  return columns;
}

arrow::Result<LakeSnapshot> SnapshotOf(LakeTable& table, Lake& lake,
                                       const std::optional<int64_t>& version) {
  ARROW_ASSIGN_OR_RAISE(std::optional<LakeSnapshot> latest, table.Latest());
  if (!latest.has_value()) {
    ARROW_ASSIGN_OR_RAISE(const std::vector<std::string> names, lake.ListTables());
    return MakeError(ErrorKind::kNotFound,
                     "the lake has no table " + table.name() +
                         DidYouMean(table.name(), names) + ": looked in " + lake.uri(),
                     {{"table", table.name()}});
  }
  if (!version.has_value()) return *std::move(latest);
  return table.At(*version);
}

arrow::Result<arrow::RecordBatchVector> ReadRows(const LakeTable& table,
                                                 const LakeSnapshot& snapshot,
                                                 const LakeReadOptions& options) {
  const std::vector<std::string> key =
      options.every_version ? std::vector<std::string>() : KeyOf(snapshot);
  ARROW_ASSIGN_OR_RAISE(auto latest,
                        LatestRows::Make(table, snapshot.files, key, options.stop));
  arrow::RecordBatchVector batches;
  ARROW_RETURN_NOT_OK(
      latest.Visit(options.stop, [&](const DataFile&, const arrow::RecordBatch& rows,
                                     const std::vector<bool>& superseded) {
        arrow::ArrayVector columns;
        for (const auto& field : snapshot.schema->fields()) {
          ARROW_ASSIGN_OR_RAISE(auto column, AsNow(rows, *field));
          columns.push_back(std::move(column));
        }
        auto batch = arrow::RecordBatch::Make(snapshot.schema, rows.num_rows(),
                                              std::move(columns));
        ARROW_ASSIGN_OR_RAISE(batch, Kept(batch, superseded));
        if (batch->num_rows() > 0) batches.push_back(std::move(batch));
        return arrow::Status::OK();
      }));
  return batches;
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> ReadLakeTable(
    const std::string& table, const Surroundings& surroundings,
    const LakeReadOptions& options) {
  ARROW_RETURN_NOT_OK(PrepareCompute());
  ARROW_ASSIGN_OR_RAISE(ProjectConfig config, LoadConfiguration(surroundings));
  ARROW_RETURN_NOT_OK(CheckSupported(config, {.extract = true}));
  const Project project(std::move(config), {}, Clock::System());
  ARROW_ASSIGN_OR_RAISE(auto lake, project.OpenLake(false));
  ARROW_ASSIGN_OR_RAISE(auto opened, lake->Table(table));
  ARROW_ASSIGN_OR_RAISE(LakeSnapshot snapshot,
                        SnapshotOf(*opened, *lake, options.version));
  auto batches = ReadRows(*opened, snapshot, options);
  if (!batches.ok()) {
    return AddContext(batches.status(), "reading table " + table + " of the lake");
  }
  return arrow::RecordBatchReader::Make(std::move(*batches), snapshot.schema);
}

}  // namespace keelboat
