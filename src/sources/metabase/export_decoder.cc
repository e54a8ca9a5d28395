#include "sources/metabase/export_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <arrow/array/data.h>
#include <arrow/type.h>

#include "keelboat/error.h"
#include "sources/metabase/cell_value.h"
#include "sources/metabase/server_error.h"
#include "sources/source.h"

namespace keelboat::metabase {
namespace {

// 64 Ki, less what lets offsets, too, with all that is around them, lie in 256 KiB: the
// allocator's next size is a quarter larger.
constexpr int64_t kBatchRows = 65'520;
constexpr int64_t kBatchBytes = int64_t{16} << 20;
constexpr int64_t kLeastRows = 1024;
constexpr std::size_t kShownValue = 80;

// Keys of which Metabase's error objects have some.
bool IsKeyOfError(std::string_view key) {
  return key == "status" || key == "error" || key == "_status" || key == "cause" ||
         key == "via" || key == "trace" || key == "class" || key == "error_type" ||
         key == "message" || key == "stacktrace" || key == "database_id" ||
         key == "started_at" || key == "row_count" || key == "running_time" ||
         key == "json_query" || key == "context" || key == "state" || key == "data";
}

bool IsBlank(char letter) {
  return letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
}

// A value as messages show it.
std::string Shown(std::string_view value) {
  if (value.size() <= kShownValue) return std::string(value);
  std::size_t end = kShownValue;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
  return std::string(value.substr(0, end)) + "…";
}

}  // namespace

arrow::Result<std::unique_ptr<ExportDecoder>> ExportDecoder::Make(
    std::unique_ptr<ByteStream> stream, std::vector<ExportColumn> columns,
    std::shared_ptr<arrow::Schema> schema, arrow::MemoryPool* pool) {
  ARROW_ASSIGN_OR_RAISE(auto window, ExportWindow::Make(std::move(stream)));
  std::vector<CellColumn> all;
  all.reserve(columns.size());
  for (ExportColumn& column : columns) all.emplace_back(std::move(column), pool);
  return std::unique_ptr<ExportDecoder>(
      new ExportDecoder(std::move(window), std::move(all), std::move(schema)));
}

ExportDecoder::ExportDecoder(std::unique_ptr<ExportWindow> window,
                             std::vector<CellColumn> columns,
                             std::shared_ptr<arrow::Schema> schema)
    : window_(std::move(window)),
      columns_(std::move(columns)),
      schema_(std::move(schema)),
      seen_(columns_.size(), false) {}

ExportDecoder::LearntKey::LearntKey(std::string_view raw)
    : quoted(std::string(raw) + '"') {
  const std::size_t compared = std::min(quoted.size(), sizeof(first));
  std::memcpy(&first, quoted.data(), compared);
  std::memset(&mask, 0xFF, compared);
}

arrow::Status ExportDecoder::NoJson(const std::string& what) const {
  return MakeError(ErrorKind::kData, "the export is not what Metabase writes: " + what +
                                         ", at row " +
                                         std::to_string(rows_ + batch_rows_ + 1));
}

arrow::Status ExportDecoder::Mismatch(const CellColumn& column,
                                      std::string_view value) const {
  const std::string row = std::to_string(rows_ + batch_rows_ + 1);
  return MakeError(ErrorKind::kData,
                   "column " + column.name + ", row " + row + " of the piece: " +
                       Shown(value) + " is no " + column.type.arrow->ToString() +
                       "; read the column as text to keep it",
                   {{kMismatchedColumn, column.name}, {"row", row}});
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ExportDecoder::Next() {
  ARROW_RETURN_NOT_OK(status_);
  status_ = Fill();
  ARROW_RETURN_NOT_OK(status_);
  if (batch_rows_ == 0) return nullptr;
  auto batch = Finish();
  status_ = batch.status();
  return batch;
}

// Until the batch is full or the body has ended.
arrow::Status ExportDecoder::Fill() {
  while (!ended_ && batch_rows_ < kBatchRows && batch_data_ < kBatchBytes) {
    if (at_ < count_) {
      ARROW_RETURN_NOT_OK(Decode());
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(bool more, window_->Advance());
    text_ = window_->text();
    places_ = window_->places();
    count_ = window_->count();
    at_ = 0;
    if (more) continue;
    if (expects_ != Expects::kNothing) return CutShort(window_->offset());
    ended_ = true;
  }
  return arrow::Status::OK();
}

// Rows of the window, as many as the batch takes.
arrow::Status ExportDecoder::Decode() {
  while (at_ < count_) {
    const char letter = text_[places_[at_]];
    switch (expects_) {
      case Expects::kArray:
        if (letter == '{') return StrayObject(places_[at_]);
        if (letter != '[') return NoJson("it begins with " + std::string(1, letter));
        expects_ = Expects::kFirstRow;
        ++at_;
        break;
      case Expects::kFirstRow:
        if (letter == ']') {
          expects_ = Expects::kNothing;
          ++at_;
          break;
        }
        [[fallthrough]];
      case Expects::kRow:
        if (letter != '{') return NoJson("a row begins with " + std::string(1, letter));
        ARROW_RETURN_NOT_OK(DecodeRow());
        expects_ = Expects::kComma;
        if (++batch_rows_ == kBatchRows || batch_data_ >= kBatchBytes) {
          return arrow::Status::OK();
        }
        break;
      case Expects::kComma:
        if (letter == '{') return StrayObject(places_[at_]);
        if (letter != ',' && letter != ']') {
          return NoJson("behind a row stands " + std::string(1, letter));
        }
        expects_ = letter == ',' ? Expects::kRow : Expects::kNothing;
        ++at_;
        break;
      case Expects::kNothing:
        if (letter == '{') return StrayObject(places_[at_]);
        return NoJson("something stands behind its end");
    }
  }
  return arrow::Status::OK();
}

int64_t ExportDecoder::RowsToReserve() const {
  const int64_t expected = expected_rows_ - rows_;
  if (reserved_ == 0 && expected > 0) return std::min(kBatchRows, expected);
  // After a full batch most likely comes another.
  const int64_t least = rows_ > 0 ? kBatchRows : kLeastRows;
  return std::min(kBatchRows, std::max(least, reserved_ * 4));
}

arrow::Status ExportDecoder::DecodeRow() {
  const std::size_t row_begin = places_[at_];
  ++at_;
  if (batch_rows_ == reserved_) {
    reserved_ = RowsToReserve();
    for (CellColumn& column : columns_) {
      ARROW_RETURN_NOT_OK(column.buffer().Reserve(reserved_));
    }
  }
  const bool first = rows_ + batch_rows_ == 0;
  bool in_order = true;
  std::size_t field = 0;
  if (At(at_) == '}') {
    ++at_;
  } else {
    while (true) {
      if (At(at_) != '"' || At(at_ + 1) != ':') {
        if (window_->is_last() && at_ + 1 >= count_) return CutShort(window_->offset());
        return NoJson("a row's key is none");
      }
      const char* key = text_ + places_[at_] + 1;
      CellColumn* column = nullptr;
      if (in_order && field < order_.size()) {
        // The colon comes behind key and quote: what is compared is within the text.
        const LearntKey& expected = keys_[field];
        if (places_[at_ + 1] - places_[at_] > expected.quoted.size() &&
            expected.Begins(key)) {
          column = order_[field];
        }
      }
      if (column == nullptr) {
        const char* end = text_ + places_[at_ + 1];
        while (end > key && end[-1] != '"') --end;
        const std::string_view raw(key, static_cast<std::size_t>(end - 1 - key));
        ARROW_ASSIGN_OR_RAISE(column, FindColumn(raw, row_begin));
        if (in_order && !first) {
          // Another order from here on: each column is looked up and counted.
          in_order = false;
          seen_.assign(columns_.size(), false);
          for (std::size_t i = 0; i < field; ++i) {
            seen_[static_cast<std::size_t>(order_[i] - columns_.data())] = true;
          }
        }
        auto which = static_cast<std::size_t>(column - columns_.data());
        if (seen_[which]) return NoJson("key " + column->key + " stands there twice");
        seen_[which] = true;
        if (first) {
          order_.push_back(column);
          keys_.emplace_back(raw);
        }
      }
      at_ += 2;
      ARROW_RETURN_NOT_OK(AppendField(column));
      ++field;
      const char behind = At(at_);
      ++at_;
      if (behind == '}') break;
      if (behind == ',') continue;
      if (window_->is_last() && at_ >= count_) return CutShort(window_->offset());
      return NoJson("behind a value stands neither comma nor brace");
    }
  }
  if (field != columns_.size()) {
    return NoJson("a row has " + std::to_string(field) + " of " +
                  std::to_string(columns_.size()) + " columns");
  }
  return arrow::Status::OK();
}

// An object where no row belongs: the server's error, most likely.
arrow::Status ExportDecoder::StrayObject(std::size_t at) {
  const std::string text = window_->Rest(at);
  for (const char* key : {"\"error\"", "\"cause\"", "\"message\"", "\"status\""}) {
    if (text.find(key) != std::string::npos) return ErrorOfBody(text, 0);
  }
  return NoJson("an object stands where none belongs");
}

arrow::Result<CellColumn*> ExportDecoder::FindColumn(std::string_view key,
                                                     std::size_t row_begin) {
  std::string name(key.size(), '\0');
  const int64_t length = Unescape(key, reinterpret_cast<uint8_t*>(name.data()));
  if (length < 0) return NoJson("a key has an escape that is none");
  name.resize(static_cast<std::size_t>(length));
  for (CellColumn& column : columns_) {
    if (column.key == name) return &column;
  }
  if (IsKeyOfError(name)) return StrayObject(row_begin);
  return MakeError(
      ErrorKind::kConflict,
      "the export has a column " + Shown(name) +
          " that the question did not have when it was described; run again");
}

// The value at the next place, and past it.
arrow::Status ExportDecoder::AppendField(CellColumn* column) {
  if (at_ >= count_) {
    if (window_->is_last()) return CutShort(window_->offset());
    return NoJson("a value is missing");
  }
  const char* begin = text_ + places_[at_];
  std::size_t next = at_ + 1;
  if (*begin == '{' || *begin == '[') {
    // A nested value: to the bracket that closes it.
    int depth = 1;
    for (; next < count_ && depth > 0; ++next) {
      const char letter = text_[places_[next]];
      depth += letter == '{' || letter == '[' ? 1 : 0;
      depth -= letter == '}' || letter == ']' ? 1 : 0;
    }
    if (depth > 0) return CutShort(window_->offset());
  }
  at_ = next;
  const char* end = text_ + (next < count_ ? places_[next] : window_->size());
  while (end > begin && IsBlank(end[-1])) --end;
  if (column->AppendUsual(begin, end, &batch_data_)) return arrow::Status::OK();
  switch (column->Append(begin, end, &batch_data_)) {
    case CellColumn::Verdict::kTaken:
      return arrow::Status::OK();
    case CellColumn::Verdict::kMismatch:
      return Mismatch(*column, column->refused());
    case CellColumn::Verdict::kNoJson:
      return NoJson(column->why());
    case CellColumn::Verdict::kFailed:
      break;
  }
  return column->failure();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ExportDecoder::Finish() {
  std::vector<std::shared_ptr<arrow::ArrayData>> arrays;
  arrays.reserve(columns_.size());
  for (CellColumn& column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto array, column.buffer().Finish());
    arrays.push_back(std::move(array));
  }
  const int64_t rows = std::exchange(batch_rows_, 0);
  batch_data_ = 0;
  reserved_ = 0;
  rows_ += rows;
  return arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
}

}  // namespace keelboat::metabase
