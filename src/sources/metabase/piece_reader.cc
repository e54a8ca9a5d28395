#include "sources/metabase/piece_reader.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/byte_size.h>

#include "core/batch_memory.h"
#include "core/stop.h"
#include "keelboat/error.h"
#include "sources/metabase/key_ranges.h"
#include "sources/metabase/question_split.h"

namespace keelboat::metabase {
namespace {

// Where even so few rows do not come whole, smaller parts will not either.
constexpr int64_t kLeastCut = 64;
// Fewer rows say little of the size of a row.
constexpr int64_t kTelling = 1000;
constexpr int kDeepest = 40;
// Near its end a part is waited for, although it is larger than was thought.
constexpr int64_t kPatience = 2;
constexpr int64_t kMoreHeld = 2;  // A half of what may be held.

double GuessRowBytes(const arrow::Schema& schema) {
  double bytes = 1;
  for (const auto& field : schema.fields()) {
    const arrow::Type::type id = field->type()->id();
    bytes +=
        arrow::is_fixed_width(id)
            ? static_cast<const arrow::FixedWidthType&>(*field->type()).bit_width() / 8.0
            : 24.0;
  }
  return bytes;
}

std::string Bound(const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

std::string Describe(const Predicate& predicate) {
  const std::string columns = Bound(predicate.columns);
  switch (predicate.kind) {
    case PredicateKind::kNull:
      return columns + " is null";
    case PredicateKind::kHash:
      return "hash bucket " + std::to_string(predicate.bucket) + " of " +
             std::to_string(predicate.buckets);
    case PredicateKind::kKeyset:
      return columns + " in a list of " + std::to_string(predicate.keys.size());
    case PredicateKind::kRange:
      break;
  }
  std::string text = columns;
  if (!predicate.lower.empty()) text += " from " + Bound(predicate.lower);
  if (!predicate.upper.empty()) text += " below " + Bound(predicate.upper);
  return text + (predicate.or_null ? " or null" : "");
}

}  // namespace

arrow::Result<std::shared_ptr<SourceReader>> PieceReader::Make(
    Api& api, const Relation& relation, const Partition& partition,
    const PieceOptions& options, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto query, AskedQuery::Make(api.engine(), relation));
  arrow::FieldVector fields;
  for (const std::string& name : partition.columns) {
    ARROW_ASSIGN_OR_RAISE(const AskedQuery::Column* column, query.Find(name));
    fields.push_back(column->field);
  }
  return std::shared_ptr<SourceReader>(new PieceReader(
      api, std::move(query), partition, options, arrow::schema(std::move(fields)), stop));
}

PieceReader::PieceReader(Api& api, AskedQuery query, Partition partition,
                         PieceOptions options, std::shared_ptr<arrow::Schema> schema,
                         std::stop_token stop)
    : api_(api),
      query_(std::move(query)),
      partition_(std::move(partition)),
      options_(std::move(options)),
      schema_(std::move(schema)),
      stop_(std::move(stop)),
      counts_(options_.count_rows && query_.CanBeCounted()),
      row_bytes_(GuessRowBytes(*schema_)) {
  if (options_.row_sizes != nullptr) {
    const double known = options_.row_sizes->Of(query_.asked().question.sql);
    if (known > 0) row_bytes_ = known;
  }
  Slice whole;
  whole.predicates = partition_.predicates;
  // That there are none is not believed for long: nothing would be read.
  if (counts_ && partition_.estimated_rows.value_or(0) > 0) {
    whole.before = partition_.estimated_rows;
  }
  whole.indivisible = !query_.CanBeCut() || partition_.limit.has_value();
  todo_.push_back(std::move(whole));
  if (partition_.ordinal == 0) warnings_ = query_.asked().warnings;
}

PieceReader::~PieceReader() = default;

arrow::Status PieceReader::Close() {
  decoder_.reset();
  todo_.clear();
  ready_.clear();
  return arrow::Status::OK();
}

std::vector<std::string> PieceReader::Warnings() const { return warnings_; }

arrow::Status PieceReader::ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) {
  batch->reset();
  ARROW_RETURN_NOT_OK(status_);
  while (ready_.empty() && (decoder_ != nullptr || !todo_.empty())) {
    status_ = Advance();
    if (!status_.ok()) {
      // A stream that was closed on request looks like a cut one.
      if (arrow::Status stopped = CheckStop(stop_); !stopped.ok()) status_ = stopped;
      arrow::Status failed = status_;
      ARROW_RETURN_NOT_OK(Close());
      return failed;
    }
  }
  if (ready_.empty()) return arrow::Status::OK();
  *batch = std::move(ready_.front());
  ready_.pop_front();
  return arrow::Status::OK();
}

arrow::Status PieceReader::Advance() {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  return decoder_ != nullptr ? GoOn() : ReadSlice();
}

int64_t PieceReader::RowsThatFit() const {
  const auto fit =
      static_cast<int64_t>(static_cast<double>(options_.hold_bytes) / row_bytes_);
  return std::clamp<int64_t>(fit, 1, options_.most_rows);
}

void PieceReader::Measure(int64_t bytes, int64_t rows) {
  if (rows < kTelling) return;
  row_bytes_ = std::max(1.0, static_cast<double>(bytes) / static_cast<double>(rows));
  if (options_.row_sizes != nullptr) {
    options_.row_sizes->Tell(query_.asked().question.sql, row_bytes_);
  }
}

std::string PieceReader::NameOf(const Slice& slice) const {
  std::string name;
  for (const Predicate& predicate : slice.predicates) {
    name += (name.empty() ? "" : ", ") + Describe(predicate);
  }
  return name.empty() ? "the whole answer" : name;
}

arrow::Result<int64_t> PieceReader::Count(const Slice& slice) {
  ARROW_ASSIGN_OR_RAISE(std::string conditions,
                        query_.Conditions(slice.predicates, partition_.where));
  ARROW_ASSIGN_OR_RAISE(RowFacts facts, MeasureRows(api_, query_, {}, conditions, stop_));
  return facts.rows;
}

arrow::Status PieceReader::ReadSlice() {
  Slice& slice = todo_.front();
  if (counts_ && !slice.before.has_value()) {
    ARROW_ASSIGN_OR_RAISE(slice.before, Count(slice));
  }
  if (slice.before == 0) {
    todo_.pop_front();
    return arrow::Status::OK();
  }
  const int64_t fit = RowsThatFit();
  if (slice.before.value_or(0) > fit + fit / 4) {
    ARROW_ASSIGN_OR_RAISE(bool cut, CutFront(fit));
    if (cut) return arrow::Status::OK();
  }
  if (arrow::Status opened = Open(todo_.front()); !opened.ok()) {
    // What the server said itself and soon, it said to the api more than once: smaller
    // questions would only be more of them.
    const bool told = !DetailOf(opened, "http_status").empty() &&
                      options_.clock->Steady() - opened_ < options_.long_answer;
    // A body that is reset early looks like one that was never begun.
    return told ? opened : AfterFailure(opened, 0);
  }
  return Hold();
}

arrow::Status PieceReader::Open(const Slice& slice) {
  ARROW_ASSIGN_OR_RAISE(auto rows, query_.RowsOf(partition_, slice.predicates));
  arrow::FieldVector fields;
  for (const ExportColumn& column : rows.columns) {
    fields.push_back(arrow::field(column.name, column.type.arrow, column.type.nullable));
  }
  opened_ = options_.clock->Steady();
  ARROW_ASSIGN_OR_RAISE(auto stream, api_.Export(rows.question, stop_));
  wanted_ = std::move(rows.wanted);
  ARROW_ASSIGN_OR_RAISE(
      decoder_, ExportDecoder::Make(std::move(stream), std::move(rows.columns),
                                    arrow::schema(std::move(fields)), BatchMemory()));
  decoder_->Expect(slice.before.value_or(0));
  return arrow::Status::OK();
}

// The decoder's next batch, with the columns and the schema of the partition.
arrow::Result<PieceReader::Batch> PieceReader::NextBatch() {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  ARROW_ASSIGN_OR_RAISE(Batch batch, decoder_->Next());
  if (batch == nullptr) return batch;
  arrow::ArrayVector columns;
  for (int at : wanted_) columns.push_back(batch->column(at));
  return arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
}

// Reads the first slice to its end before anything of it is handed out.
arrow::Status PieceReader::Hold() {
  std::deque<Batch> held;
  int64_t bytes = 0;
  int64_t rows = 0;
  while (true) {
    auto batch = NextBatch();
    if (!batch.ok()) {
      decoder_.reset();
      return AfterFailure(batch.status(), rows);
    }
    if (*batch == nullptr) break;
    bytes += arrow::util::TotalBufferSize(**batch);
    rows += (*batch)->num_rows();
    held.push_back(std::move(*batch));
    if (bytes <= options_.hold_bytes) continue;
    // Larger than was thought: what is left decides.
    Measure(bytes, rows);
    const Slice& slice = todo_.front();
    const bool near_end = slice.before.has_value() && rows * kPatience > *slice.before &&
                          bytes <= options_.hold_bytes + options_.hold_bytes / kMoreHeld;
    if (near_end) continue;
    const bool divisible = !slice.indivisible && rows > 1;
    if (divisible) {
      // Its stream is closed first: the questions of the cut need its place.
      decoder_.reset();
      ARROW_ASSIGN_OR_RAISE(bool cut, CutFront(RowsThatFit()));
      if (cut) return arrow::Status::OK();
      return ReadSlice();
    }
    ready_ = std::move(held);
    return arrow::Status::OK();  // From here on as it arrives.
  }
  decoder_.reset();
  Measure(bytes, rows);
  ready_ = std::move(held);
  return Finish(rows, /*handed_out=*/false);
}

// One more batch of a slice that is handed out as it arrives.
arrow::Status PieceReader::GoOn() {
  const int64_t rows = decoder_->rows();
  auto batch = NextBatch();
  if (!batch.ok()) {
    decoder_.reset();
    return AddContext(batch.status(), "reading " + NameOf(todo_.front()) + ", of which " +
                                          std::to_string(rows) +
                                          " rows were handed out already");
  }
  if (*batch != nullptr) {
    ready_.push_back(std::move(*batch));
    return arrow::Status::OK();
  }
  decoder_.reset();
  return Finish(rows, /*handed_out=*/true);
}

// The export has ended well: is it all?
arrow::Status PieceReader::Finish(int64_t rows, bool handed_out) {
  Slice& slice = todo_.front();
  std::string doubt;
  if (counts_) {
    int64_t before = *slice.before;
    constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
    const int64_t most = partition_.limit.value_or(kAll);
    before = std::min(before, most);
    if (rows != before) {
      ARROW_ASSIGN_OR_RAISE(int64_t after, Count(slice));
      slice.before = after;
      after = std::min(after, most);
      if (rows < std::min(before, after) || rows > std::max(before, after)) {
        doubt = "the export brought " + std::to_string(rows) +
                " rows; the database counted " + std::to_string(before) + " before and " +
                std::to_string(after) + " after it";
      } else {
        moved_ += std::abs(after - before);
        warnings_.push_back("rows changed while they were read (" + NameOf(slice) +
                            "): " + std::to_string(before) + " before, " +
                            std::to_string(rows) + " read, " + std::to_string(after) +
                            " after");
      }
    }
  } else if (rows == options_.row_limit && rows != partition_.limit) {
    doubt = "the export brought exactly " + std::to_string(rows) +
            " rows, at which Metabase cuts exports";
  }
  if (doubt.empty()) {
    todo_.pop_front();
    return arrow::Status::OK();
  }
  if (!handed_out) {
    ready_.clear();
    const bool small = slice.before.value_or(rows) < kLeastCut;
    if (!small) {
      ARROW_ASSIGN_OR_RAISE(bool cut,
                            CutFront(std::max<int64_t>(
                                (std::max(rows, slice.before.value_or(0)) + 1) / 2, 1)));
      if (cut) return arrow::Status::OK();
    }
    // Once more, if only the moment was a bad one.
    Slice& same = todo_.front();
    if (counts_ && rows != options_.row_limit && same.attempts++ < 1) {
      return arrow::Status::OK();
    }
  }
  std::string remedy;
  if (rows == options_.row_limit) {
    remedy =
        query_.WhyWhole().empty()
            ? "; have MB_DOWNLOAD_ROW_LIMIT raised, or cut on a column with more values"
            : "; it cannot be cut, because " + query_.WhyWhole() +
                  ": change the query, or have MB_DOWNLOAD_ROW_LIMIT raised";
  }
  return MakeError(ErrorKind::kData,
                   "reading " + NameOf(todo_.front()) + ": " + doubt + remedy,
                   {{"rows", std::to_string(rows)}});
}

// The export broke off before its end, and nothing of it was handed out.
arrow::Status PieceReader::AfterFailure(const arrow::Status& status, int64_t rows) {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  if (!IsRetryable(KindOf(status))) return status;
  Slice& slice = todo_.front();
  const int attempt = ++slice.attempts;
  const auto took = options_.clock->Steady() - opened_;
  if (attempt >= 2 || took >= options_.long_answer) {
    // What breaks off twice is too long for something on the way.
    const int64_t size = slice.before.value_or(rows * 2);
    if (size >= kLeastCut) {
      ARROW_ASSIGN_OR_RAISE(bool cut, CutFront((size + 1) / 2));
      if (cut) return arrow::Status::OK();
    }
  }
  if (attempt > options_.retry.max_retries) {
    ARROW_RETURN_NOT_OK(Confess());
    return AddContext(status, "reading " + NameOf(todo_.front()) + ", tried " +
                                  std::to_string(attempt) + " times");
  }
  auto pause = options_.retry.delay;
  if (options_.retry.exponential_backoff) pause *= 1 << std::min(attempt - 1, 10);
  options_.clock->SleepFor(std::min(pause, options_.retry.max_delay), stop_);
  return CheckStop(stop_);
}

// Servers from 2026 on hang up where a query fails among its rows. The same question as a
// small one is answered by the database's own words.
arrow::Status PieceReader::Confess() {
  ARROW_ASSIGN_OR_RAISE(auto rows, query_.RowsOf(partition_, todo_.front().predicates));
  auto told = api_.Ask(rows.question, stop_);
  if (told.ok() || IsRetryable(KindOf(told.status()))) return arrow::Status::OK();
  return AddContext(told.status(), "reading " + NameOf(todo_.front()));
}

// Puts parts of the first slice in its place; false where it cannot be cut.
arrow::Result<bool> PieceReader::CutFront(int64_t target) {
  const Slice slice = todo_.front();
  if (slice.indivisible || slice.depth >= kDeepest) return false;
  ARROW_ASSIGN_OR_RAISE(auto pieces, CutFurther(api_, query_, slice.predicates,
                                                partition_.where, target, stop_));
  if (!pieces.has_value()) {
    todo_.front().indivisible = true;
    return false;
  }
  todo_.pop_front();
  for (auto piece = pieces->rbegin(); piece != pieces->rend(); ++piece) {
    Slice part;
    part.predicates = slice.predicates;
    part.predicates.push_back(std::move(piece->predicate));
    if (counts_) part.before = piece->rows;
    part.depth = slice.depth + 1;
    todo_.push_front(std::move(part));
  }
  return true;
}

arrow::Result<std::shared_ptr<SourceReader>> ReadPiece(Api& api, const Relation& relation,
                                                       const Partition& partition,
                                                       const PieceOptions& options,
                                                       const std::stop_token& stop) {
  return PieceReader::Make(api, relation, partition, options, stop);
}

}  // namespace keelboat::metabase
