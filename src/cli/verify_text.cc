#include "cli/verify_text.h"

#include <cstddef>

#include "telemetry/figures.h"

namespace keelboat {
namespace {

/// More findings than that are in the evidence.
constexpr std::size_t kShown = 10;

std::string DescribeLake(const LakeVerdict& lake) {
  if (!lake.findings.empty()) {
    return "lake DAMAGED (" +
           Plural(static_cast<int64_t>(lake.findings.size()), "finding") + ")";
  }
  if (!lake.version.has_value()) return "lake: no table";
  return "lake v" + std::to_string(*lake.version) + " intact (" +
         Plural(lake.files, "file") + ", " + FormatBytes(lake.bytes) + ")";
}

std::string DescribeWarehouse(const WarehouseVerdict& warehouse) {
  std::string text = "warehouse ";
  switch (warehouse.state) {
    case WarehouseVerdict::State::kEqual:
      text += "equal";
      break;
    case WarehouseVerdict::State::kDamaged:
      text += "DAMAGED";
      if (warehouse.missing + warehouse.extra > 0) {
        text += " (" + FormatRows(warehouse.missing) + " missing, " +
                FormatCount(warehouse.extra) + " too much)";
      }
      break;
    case WarehouseVerdict::State::kNotLoaded:
      text += "not loaded";
      break;
    case WarehouseVerdict::State::kNotCompared:
      text += "not compared";
      break;
  }
  return warehouse.note.empty() ? text : text + " (" + warehouse.note + ")";
}

std::string DescribeSource(const SourceVerdict& source) {
  std::string text = "source ";
  switch (source.state) {
    case SourceVerdict::State::kEqual:
      text += "equal";
      break;
    case SourceVerdict::State::kChangedSince:
      text += "changed since";
      break;
    case SourceVerdict::State::kDamaged:
      text += "DIFFERS";
      break;
    case SourceVerdict::State::kNotCompared:
      text += "not compared";
      break;
  }
  if (source.added + source.changed + source.gone > 0) {
    text += std::string(source.exact ? "" : ", at least") + ": " +
            FormatRows(source.added) + " only there, " + FormatCount(source.changed) +
            " changed, " + FormatCount(source.gone) + " only in the lake";
  }
  return source.note.empty() ? text : text + " (" + source.note + ")";
}

class Lines {
 public:
  explicit Lines(std::string first) : text_(std::move(first)) {}
  void Add(const std::string& line) {
    if (++lines_ <= kShown) text_ += "\n        " + line;
  }
  std::string Text() && {
    if (lines_ > kShown) {
      text_ += "\n        and " + std::to_string(lines_ - kShown) + " more";
    }
    return std::move(text_);
  }

 private:
  std::string text_;
  std::size_t lines_ = 0;
};

}  // namespace

std::string DescribeVerdict(const TableVerdict& verdict) {
  std::string head = "ok      ";
  switch (verdict.status()) {
    case TableVerdict::Status::kOk:
      break;
    case TableVerdict::Status::kChangedSince:
      head = "changed ";
      break;
    case TableVerdict::Status::kDamaged:
      head = "DAMAGED ";
      break;
    case TableVerdict::Status::kFailed:
      head = "FAILED  ";
      break;
    case TableVerdict::Status::kInterrupted:
      head = "stopped ";
      break;
  }
  head += verdict.table + ": " + DescribeLake(verdict.lake);
  if (verdict.error.ok()) head += "; " + DescribeWarehouse(verdict.warehouse);
  if (verdict.error.ok() && verdict.source.has_value()) {
    head += "; " + DescribeSource(*verdict.source);
  }
  Lines lines(std::move(head));
  if (!verdict.error.ok()) lines.Add(verdict.error.message());
  for (const LakeVerdict::Finding& finding : verdict.lake.findings) {
    lines.Add("lake: " + finding.place + ": " + finding.what);
  }
  for (const std::string& finding : verdict.warehouse.findings) {
    lines.Add("warehouse: " + finding);
  }
  if (verdict.source.has_value()) {
    for (const std::string& finding : verdict.source->findings) {
      lines.Add("source: " + finding);
    }
  }
  return std::move(lines).Text();
}

}  // namespace keelboat
