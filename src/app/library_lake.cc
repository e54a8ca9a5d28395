#include <algorithm>
#include <utility>

#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/type.h>

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

// Rows as they are asked for, file by file.
class LakeReader final : public arrow::RecordBatchReader {
 public:
  LakeReader(std::shared_ptr<LakeTable> table, std::shared_ptr<arrow::Schema> schema,
             LatestRows view, std::stop_token stop)
      : table_(std::move(table)),
        schema_(std::move(schema)),
        view_(std::move(view)),
        rows_(view_),
        stop_(std::move(stop)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (!status_.ok() || ended_) return status_;
    auto next = Next();
    if (next.ok()) {
      *batch = *std::move(next);
      ended_ = *batch == nullptr;
      return status_;
    }
    status_ =
        AddContext(next.status(), "reading table " + table_->name() + " of the lake");
    return status_;
  }

 private:
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(const auto read, rows_.Next(stop_));
      if (!read.has_value()) return nullptr;
      arrow::ArrayVector columns;
      for (const auto& field : schema_->fields()) {
        ARROW_ASSIGN_OR_RAISE(auto column, AsNow(*read->rows, *field));
        columns.push_back(std::move(column));
      }
      auto batch =
          arrow::RecordBatch::Make(schema_, read->rows->num_rows(), std::move(columns));
      ARROW_ASSIGN_OR_RAISE(batch, Kept(batch, read->superseded));
      if (batch->num_rows() > 0) return batch;
    }
  }

  const std::shared_ptr<LakeTable> table_;
  const std::shared_ptr<arrow::Schema> schema_;
  const LatestRows view_;
  LatestRowsReader rows_;
  const std::stop_token stop_;
  arrow::Status status_;
  bool ended_ = false;
};

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
  std::vector<std::string> key;
  if (!options.every_version) {
    ARROW_ASSIGN_OR_RAISE(key, KeyOf(snapshot));
  }
  auto view = LatestRows::Make(*opened, std::move(snapshot.files), key, options.stop);
  if (!view.ok()) {
    return AddContext(view.status(), "reading table " + table + " of the lake");
  }
  return std::make_shared<LakeReader>(std::move(opened), std::move(snapshot.schema),
                                      *std::move(view), options.stop);
}

}  // namespace keelboat
