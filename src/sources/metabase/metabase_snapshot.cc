#include "sources/metabase/metabase_snapshot.h"

#include <atomic>
#include <utility>

#include "core/clock.h"
#include "sources/metabase/cursor_facts.h"
#include "sources/metabase/engine_kind.h"

namespace keelboat::metabase {
namespace {

// "2024-01-31 10:00:00.000000" of a query's only cell.
const char* ClockSql(EngineKind engine) {
  switch (engine) {
    case EngineKind::kClickHouse:
      return "SELECT toString(now64(6, 'UTC')) AS t";
    case EngineKind::kPostgres:
      return "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', "
             "'YYYY-MM-DD HH24:MI:SS.US') AS t";
    case EngineKind::kMysql:
      return "SELECT CAST(UTC_TIMESTAMP(6) AS CHAR) AS t";
    case EngineKind::kOther:
      break;
  }
  return nullptr;
}

// Our own, in the same form.
std::string ClientTime() {
  std::string time = FormatTime(Clock::System().Now());
  time.pop_back();  // The Z.
  time[10] = ' ';
  return time;
}

class MetabaseSnapshot final : public SourceSnapshot {
 public:
  MetabaseSnapshot(std::shared_ptr<MetabaseApi> api, SnapshotInfo info, bool count_rows,
                   const RetryPolicy& retries)
      : api_(std::move(api)),
        info_(std::move(info)),
        count_rows_(count_rows),
        retries_(retries) {}

  const SnapshotInfo& info() const override { return info_; }

  arrow::Result<std::shared_ptr<SourceReader>> Read(
      const Relation& relation, const Partition& partition,
      const std::stop_token& stop) override {
    PieceOptions options;
    options.count_rows = count_rows_;
    options.retry = retries_;
    options.row_sizes = row_sizes_;
    return OpenReader(api_, relation, partition, options, stop);
  }

  arrow::Result<CursorFacts> MeasureCursor(const Relation& relation,
                                           const std::string& column,
                                           const std::string& where,
                                           const std::stop_token& stop) override {
    return metabase::MeasureCursor(*api_, relation, column, where, info_.taken_at, stop);
  }

 private:
  const std::shared_ptr<MetabaseApi> api_;
  const SnapshotInfo info_;
  const bool count_rows_;
  const RetryPolicy retries_;
  const std::shared_ptr<RowSizes> row_sizes_ = std::make_shared<RowSizes>();
};

// A piece's reader that keeps the api alive.
class HoldingReader final : public SourceReader {
 public:
  HoldingReader(std::shared_ptr<MetabaseApi> api, std::shared_ptr<SourceReader> reader)
      : api_(std::move(api)), reader_(std::move(reader)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    return reader_->ReadNext(batch);
  }
  arrow::Status Close() override { return reader_->Close(); }
  std::vector<std::string> Warnings() const override { return reader_->Warnings(); }
  int64_t MovedRows() const override { return reader_->MovedRows(); }

 private:
  const std::shared_ptr<MetabaseApi> api_;
  const std::shared_ptr<SourceReader> reader_;
};

}  // namespace

arrow::Result<std::shared_ptr<SourceReader>> OpenReader(std::shared_ptr<MetabaseApi> api,
                                                        const Relation& relation,
                                                        const Partition& partition,
                                                        const PieceOptions& options,
                                                        const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto reader, ReadPiece(*api, relation, partition, options, stop));
  return std::make_shared<HoldingReader>(std::move(api), std::move(reader));
}

arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
    const std::string& source, std::shared_ptr<MetabaseApi> api,
    const SnapshotRequest& request, const RetryPolicy& retries,
    const std::stop_token& stop) {
  api->ExpectReaders(request.connections);
  static std::atomic<int> number = 0;
  SnapshotInfo info;
  info.consistency = Consistency::kStatement;
  info.taken_at = ClientTime();
  info.id = source + "-" + info.taken_at + "-" + std::to_string(++number);
  info.note =
      "Metabase gives no view of several queries: each range is its own moment, and is "
      "compared with counts before and after";
  const char* clock = ClockSql(EngineKindOf(api->engine()));
  if ((request.consistent || request.at_first_read) && clock != nullptr) {
    Question question;
    question.sql = clock;
    ARROW_ASSIGN_OR_RAISE(const Answer answer, api->Ask(question, stop));
    if (answer.rows.size() == 1 && answer.rows[0].size() == 1 &&
        answer.rows[0][0].has_value()) {
      info.taken_at = *answer.rows[0][0];
    }
  }
  return std::make_shared<MetabaseSnapshot>(std::move(api), std::move(info),
                                            request.count_rows, retries);
}

}  // namespace keelboat::metabase
