#include "contracts/checker.h"

#include <algorithm>
#include <map>
#include <utility>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/type.h>

#include "contracts/cell_text.h"
#include "contracts/compute.h"
#include "contracts/mask.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr std::size_t kMostOffenders = 5;
constexpr std::size_t kLongestKeyText = 64;

/// Reasons by row: "price: minimum 0; state: enum "SP"".
using Reasons = std::map<int64_t, std::string>;

/// Cuts long texts and shows control characters as "?", so that a report stays one line.
std::string OneLine(std::string text) {
  std::size_t end = text.size();
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) == 0x80) continue;
    if (++characters > kLongestKeyText) {
      end = i;
      break;
    }
    if (byte < 0x20 || byte == 0x7F) text[i] = '?';
  }
  if (end == text.size()) return text;
  return text.substr(0, end) + "…";
}

class Checker : public ContractChecker {
 public:
  explicit Checker(BoundContract bound) : bound_(std::move(bound)) {
    for (const BoundColumn& column : bound_.columns) {
      for (const auto& check : column.checks) {
        Violation violation;
        violation.column = column.name;
        violation.rule = check->rule();
        tallies_.push_back(std::move(violation));
      }
    }
  }

  arrow::Result<CheckedBatch> Check(
      const std::shared_ptr<arrow::RecordBatch>& batch) override {
    if (!batch->schema()->Equals(*bound_.schema, /*check_metadata=*/false)) {
      return MakeError(
          ErrorKind::kInternal,
          "checking a batch of another schema than the contract was bound to");
    }
    Reasons reasons;
    ARROW_RETURN_NOT_OK(FindViolations(*batch, &reasons));
    rows_before_ += batch->num_rows();
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::RecordBatch> masked, Mask(batch));
    CheckedBatch checked;
    if (reasons.empty()) {
      checked.passed = std::move(masked);
      return checked;
    }
    ARROW_RETURN_NOT_OK(Split(*masked, reasons, &checked));
    return checked;
  }

  const std::vector<Violation>& violations() const override { return violations_; }

 private:
  arrow::Status FindViolations(const arrow::RecordBatch& batch, Reasons* reasons) {
    std::size_t tally = 0;
    bool found = false;
    std::vector<int64_t> rows;
    for (const BoundColumn& column : bound_.columns) {
      ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> values,
                            DenseColumn(batch.column(column.index)));
      for (const auto& check : column.checks) {
        rows.clear();
        arrow::Status status = check->FindBad(values, &rows);
        if (!status.ok()) return AddContext(status, "checking column " + column.name);
        Violation& violation = tallies_[tally++];
        if (rows.empty()) continue;
        found = true;
        Record(batch, rows, &violation);
        if (bound_.on_violation != OnViolation::kQuarantine) continue;
        for (int64_t row : rows) {
          std::string& reason = (*reasons)[row];
          if (!reason.empty()) reason += "; ";
          reason += column.name + ": " + check->rule();
        }
      }
    }
    if (found) {
      violations_.clear();
      std::copy_if(tallies_.begin(), tallies_.end(), std::back_inserter(violations_),
                   [](const Violation& violation) { return violation.count > 0; });
    }
    return arrow::Status::OK();
  }

  void Record(const arrow::RecordBatch& batch, const std::vector<int64_t>& rows,
              Violation* violation) const {
    violation->count += static_cast<int64_t>(rows.size());
    for (int64_t row : rows) {
      if (violation->offenders.size() >= kMostOffenders) return;
      violation->offenders.push_back(NameRow(batch, row));
    }
  }

  std::string NameRow(const arrow::RecordBatch& batch, int64_t row) const {
    if (bound_.key.empty()) return "row " + std::to_string(rows_before_ + row + 1);
    std::string name;
    for (int index : bound_.key) {
      if (!name.empty()) name += ", ";
      name += batch.schema()->field(index)->name() + "=";
      std::string text = "null";
      auto dense = DenseColumn(batch.column(index)->Slice(row, 1));
      if (dense.ok() && (*dense)->IsValid(0)) {
        text.clear();
        AppendCellText(**dense, 0, &text);
      }
      name += OneLine(std::move(text));
    }
    return name;
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Mask(
      const std::shared_ptr<arrow::RecordBatch>& batch) const {
    if (bound_.masks.empty()) return batch;
    std::vector<std::shared_ptr<arrow::Array>> columns = batch->columns();
    for (const BoundMask& mask : bound_.masks) {
      auto masked = MaskColumn(columns[mask.index], mask.kind);
      if (!masked.ok()) return AddContext(masked.status(), "masking column " + mask.name);
      columns[mask.index] = *std::move(masked);
    }
    return arrow::RecordBatch::Make(bound_.masked_schema, batch->num_rows(),
                                    std::move(columns));
  }

  static arrow::Result<std::shared_ptr<arrow::RecordBatch>> Keep(
      const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Array>& chosen) {
    ARROW_ASSIGN_OR_RAISE(
        arrow::Datum kept,
        arrow::compute::Filter(
            arrow::RecordBatch::Make(batch.schema(), batch.num_rows(), batch.columns()),
            chosen));
    return kept.record_batch();
  }

  static arrow::Status Split(const arrow::RecordBatch& batch, const Reasons& reasons,
                             CheckedBatch* checked) {
    ARROW_RETURN_NOT_OK(PrepareCompute());
    arrow::BooleanBuilder good;
    arrow::BooleanBuilder bad;
    ARROW_RETURN_NOT_OK(good.Reserve(batch.num_rows()));
    ARROW_RETURN_NOT_OK(bad.Reserve(batch.num_rows()));
    arrow::StringBuilder texts;
    auto next = reasons.begin();
    for (int64_t row = 0; row < batch.num_rows(); ++row) {
      const bool is_bad = next != reasons.end() && next->first == row;
      good.UnsafeAppend(!is_bad);
      bad.UnsafeAppend(is_bad);
      if (!is_bad) continue;
      ARROW_RETURN_NOT_OK(texts.Append(next->second));
      ++next;
    }
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> good_rows, good.Finish());
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> bad_rows, bad.Finish());
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> reason, texts.Finish());
    ARROW_ASSIGN_OR_RAISE(checked->passed, Keep(batch, good_rows));
    ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::RecordBatch> out, Keep(batch, bad_rows));
    ARROW_ASSIGN_OR_RAISE(
        checked->quarantined,
        out->AddColumn(out->num_columns(),
                       arrow::field(kReasonColumn, arrow::utf8(), /*nullable=*/false),
                       reason));
    return arrow::Status::OK();
  }

  BoundContract bound_;
  /// One for each check, in the order of the checks.
  std::vector<Violation> tallies_;
  /// Those of them that were broken.
  std::vector<Violation> violations_;
  int64_t rows_before_ = 0;
};

}  // namespace

std::unique_ptr<ContractChecker> MakeChecker(BoundContract bound) {
  return std::make_unique<Checker>(std::move(bound));
}

}  // namespace keelboat
