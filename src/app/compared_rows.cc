#include "app/compared_rows.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>

#include "contracts/compute.h"
#include "core/value_text.h"
#include "keelboat/error.h"

namespace keelboat {

arrow::Result<ComparedRows> ComparedRows::Make(
    const LakeTable& table, const std::shared_ptr<arrow::Schema>& schema,
    std::vector<std::string> key) {
  ARROW_RETURN_NOT_OK(PrepareCompute());
  ARROW_ASSIGN_OR_RAISE(auto none, arrow::RecordBatch::MakeEmpty(schema));
  ARROW_ASSIGN_OR_RAISE(auto in_lake, table.ToLakeTypes(*none));
  if (key.empty()) key = schema->field_names();
  return ComparedRows(table, in_lake->schema(), std::move(key));
}

arrow::Status ComparedRows::Hash(HashedRows* rows) const {
  ARROW_RETURN_NOT_OK(HashKeys(*rows->rows, key_, &rows->keys));
  return HashKeys(*rows->rows, schema_->field_names(), &rows->values);
}

arrow::Status ComparedRows::FromSource(const arrow::RecordBatch& batch,
                                       HashedRows* rows) const {
  ARROW_ASSIGN_OR_RAISE(rows->rows, table_->ToLakeTypes(batch));
  return Hash(rows);
}

arrow::Status ComparedRows::SourceKeys(const arrow::RecordBatch& batch,
                                       std::vector<KeyHash>* keys) const {
  ARROW_ASSIGN_OR_RAISE(auto in_lake, table_->ToLakeTypes(batch));
  return HashKeys(*in_lake, key_, keys);
}

arrow::Status ComparedRows::FromLake(const arrow::RecordBatch& batch,
                                     HashedRows* rows) const {
  arrow::ArrayVector columns;
  for (const auto& field : schema_->fields()) {
    auto column = batch.GetColumnByName(field->name());
    if (column == nullptr) {
      ARROW_ASSIGN_OR_RAISE(column,
                            arrow::MakeArrayOfNull(field->type(), batch.num_rows()));
    } else if (!column->type()->Equals(*field->type())) {
      auto cast = arrow::compute::Cast(*column, field->type());
      if (!cast.ok()) {
        return MakeError(ErrorKind::kData,
                         "column '" + field->name() + "' is " +
                             column->type()->ToString() +
                             " in the lake and its values do not fit what the source "
                             "has now: " +
                             cast.status().message(),
                         {{"column", field->name()}});
      }
      column = *std::move(cast);
    }
    columns.push_back(std::move(column));
  }
  rows->rows = arrow::RecordBatch::Make(schema_, batch.num_rows(), std::move(columns));
  return Hash(rows);
}

std::string ShowValue(const arrow::Array& column, int64_t row) {
  if (column.IsNull(row)) return "NULL";
  auto text = ValueText(column, row);
  if (text.ok()) return *std::move(text);
  auto scalar = column.GetScalar(row);
  return scalar.ok() ? (*scalar)->ToString() : "?";
}

}  // namespace keelboat
