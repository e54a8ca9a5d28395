#include <algorithm>
#include <utility>

#include <arrow/type.h>

#include "app/parallel_reader.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "keelboat/fetch.h"
#include "sources/source.h"
#include "telemetry/figures.h"

namespace keelboat {
namespace {

// So many ranges a connection that a slow one never holds up the rest.
constexpr int kRangesPerConnection = 4;
// A range is not made smaller on purpose: each costs a statement.
constexpr int64_t kLeastRows = 50'000;
constexpr int kConnections = 4;
// Where the user says how large they are.
constexpr int kMostRanges = 10'000;

// One connection, read in the caller's thread.
class DirectReader final : public FetchReader {
 public:
  DirectReader(std::shared_ptr<DataSource> source,
               std::shared_ptr<SourceSnapshot> snapshot,
               std::shared_ptr<SourceReader> reader, FetchInfo info)
      : source_(std::move(source)),
        snapshot_(std::move(snapshot)),
        reader_(std::move(reader)),
        info_(std::move(info)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (!status_.ok() || ended_) return status_;
    status_ = reader_->ReadNext(batch);
    ended_ = status_.ok() && *batch == nullptr;
    return status_;
  }
  arrow::Status Close() override {
    if (status_.ok() && !ended_) status_ = ClosedEarly();
    return reader_->Close();
  }
  std::vector<std::string> Warnings() const override { return reader_->Warnings(); }
  const FetchInfo& info() const override { return info_; }
  int64_t moved() const override { return reader_->MovedRows(); }

 private:
  const std::shared_ptr<DataSource> source_;
  const std::shared_ptr<SourceSnapshot> snapshot_;  // Null where none was needed.
  const std::shared_ptr<SourceReader> reader_;
  const FetchInfo info_;
  arrow::Status status_;
  bool ended_ = false;
};

// What the pieces' threads borrow.
struct Pieces {
  std::shared_ptr<DataSource> source;
  Relation relation;
  std::shared_ptr<SourceSnapshot> snapshot;
  std::vector<Partition> partitions;
};

arrow::Result<std::shared_ptr<arrow::Schema>> SchemaOf(
    const Relation& relation, const std::vector<std::string>& columns) {
  arrow::FieldVector fields;
  for (const std::string& column : columns) {
    auto field = relation.schema->GetFieldByName(column);
    if (field == nullptr) {
      return MakeError(ErrorKind::kNotFound,
                       "column " + column + " does not exist in table " + relation.table +
                           DidYouMean(column, relation.schema->field_names()),
                       {{"table", relation.table}, {"column", column}});
    }
    fields.push_back(std::move(field));
  }
  return arrow::schema(std::move(fields));
}

arrow::Status CheckOptions(const FetchOptions& options) {
  auto require = [](bool holds, const char* what) {
    return holds ? arrow::Status::OK() : MakeError(ErrorKind::kConfig, what);
  };
  ARROW_RETURN_NOT_OK(
      require(options.connections.value_or(1) > 0, "a fetch needs a connection or more"));
  ARROW_RETURN_NOT_OK(require(options.read_ahead_bytes >= 0,
                              "read_ahead_bytes of a fetch cannot be negative"));
  ARROW_RETURN_NOT_OK(require(options.range_rows.value_or(1) > 0,
                              "a range of a fetch needs a row or more"));
  return require(options.limit.value_or(0) >= 0, "limit of a fetch cannot be negative");
}

// What a fetch is of, once it is described.
struct Wanted {
  std::shared_ptr<DataSource> source;
  Relation relation;
  Partition whole;
  FetchOptions options;

  Source& implementation() const { return source->implementation(); }
};

arrow::Result<std::shared_ptr<FetchReader>> FetchByOne(const Wanted& wanted,
                                                       FetchInfo info) {
  Source& source = wanted.implementation();
  const std::stop_token& stop = wanted.options.stop;
  info.strategy = FetchStrategy::kSingle;
  info.connections = 1;
  info.ranges = 1;
  if (source.HasSnapshots()) {
    ARROW_ASSIGN_OR_RAISE(auto reader, source.Read(wanted.relation, wanted.whole, stop));
    return std::make_shared<DirectReader>(wanted.source, nullptr, std::move(reader),
                                          std::move(info));
  }
  SnapshotRequest request;
  request.consistent = false;
  request.count_rows = wanted.options.verify == FetchVerify::kCount;
  ARROW_ASSIGN_OR_RAISE(auto snapshot, source.OpenSnapshot(request, stop));
  ARROW_ASSIGN_OR_RAISE(auto reader, snapshot->Read(wanted.relation, wanted.whole, stop));
  return std::make_shared<DirectReader>(wanted.source, std::move(snapshot),
                                        std::move(reader), std::move(info));
}

arrow::Result<std::shared_ptr<FetchReader>> FetchRanges(const Wanted& wanted,
                                                        const Split& split,
                                                        int connections, FetchInfo info) {
  const FetchOptions& options = wanted.options;
  Source& source = wanted.implementation();
  const bool consistent = options.consistent && source.HasSnapshots();
  SnapshotRequest request;
  request.connections = connections;
  request.consistent = consistent;
  request.count_rows = options.verify == FetchVerify::kCount;
  ARROW_ASSIGN_OR_RAISE(auto snapshot, source.OpenSnapshot(request, options.stop));
  const SnapshotInfo& moment = snapshot->info();
  if (consistent && moment.consistency == Consistency::kStatement) {
    info.note = moment.note;
    return FetchByOne(wanted, std::move(info));
  }
  ParallelReader::Settings settings;
  ARROW_ASSIGN_OR_RAISE(settings.schema, SchemaOf(wanted.relation, wanted.whole.columns));
  settings.pieces = split.pieces.size();
  // One connection after the other's ranges would come in any order for nothing.
  settings.ordered = options.ordered || split.ordered || connections == 1;
  settings.read_ahead_bytes = options.read_ahead_bytes;
  settings.stop = options.stop;
  settings.info = std::move(info);
  settings.info.connections =
      moment.consistency == Consistency::kCursor ? 1 : connections;
  settings.info.ranges = static_cast<int>(split.pieces.size());
  settings.info.consistency = ConsistencyName(moment.consistency);
  settings.info.position = moment.position;
  // What a source never has is no news.
  if (source.HasSnapshots()) settings.info.note = moment.note;

  auto pieces =
      std::make_shared<Pieces>(Pieces{wanted.source, wanted.relation, snapshot, {}});
  for (const Split::Piece& piece : split.pieces) {
    Partition partition = wanted.whole;
    if (piece.predicate.has_value()) partition.predicates.push_back(*piece.predicate);
    partition.ordinal = static_cast<int>(pieces->partitions.size());
    partition.estimated_rows = piece.estimated_rows;
    partition.snapshot = moment.id;
    pieces->partitions.push_back(std::move(partition));
  }
  return std::make_shared<ParallelReader>(
      std::move(settings), [pieces](std::size_t piece, const std::stop_token& stop) {
        return pieces->snapshot->Read(pieces->relation, pieces->partitions[piece], stop);
      });
}

// Which strategy kAuto is, once the rows are known as well as they will be.
FetchStrategy Choose(const FetchOptions& options, bool has_snapshots,
                     const std::optional<int64_t>& rows, std::string* reason) {
  if (has_snapshots) {
    *reason = "one answer of this server holds every row; several connections share it";
    return FetchStrategy::kParallel;
  }
  if (!rows.has_value()) {
    *reason = "nobody knows how many rows there are";
    return FetchStrategy::kParallel;
  }
  const auto tell = [&](const char* way, const char* bound, int64_t of) {
    *reason = FormatRows(*rows) + " " + way + " (" + bound + " " + FormatCount(of) + ")";
  };
  if (*rows <= options.single_rows) {
    tell("in one answer", "up to", options.single_rows);
    return FetchStrategy::kSingle;
  }
  if (*rows <= options.pagination_rows) {
    tell("range after range", "up to", options.pagination_rows);
    return FetchStrategy::kPagination;
  }
  tell("side by side", "more than", options.pagination_rows);
  return FetchStrategy::kParallel;
}

// Whether nothing but one answer is wanted; says why.
bool WantsOneAnswer(const Wanted& wanted, int connections, std::string* reason) {
  const FetchOptions& options = wanted.options;
  if (options.limit.has_value()) {
    *reason = "the first rows are read by one connection";
    return true;
  }
  if (options.strategy == FetchStrategy::kSingle) {
    *reason = "as asked for";
    return true;
  }
  if (options.strategy == FetchStrategy::kAuto && connections == 1 &&
      wanted.implementation().HasSnapshots()) {
    *reason = "one answer of this server holds every row";
    return true;
  }
  return false;
}

arrow::Status MakeText(const std::vector<std::string>& columns, Relation* relation) {
  for (const std::string& column : columns) {
    const int index = relation->schema->GetFieldIndex(column);
    if (index < 0) {
      return MakeError(ErrorKind::kNotFound,
                       "there is no column " + column + " to bring as text" +
                           DidYouMean(column, relation->schema->field_names()),
                       {{"column", column}});
    }
    const auto field = relation->schema->field(index)->WithType(arrow::utf8());
    ARROW_ASSIGN_OR_RAISE(relation->schema, relation->schema->SetField(index, field));
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<FetchReader>> Fetch(
    const std::shared_ptr<DataSource>& source, Relation relation,
    const FetchOptions& options) {
  const bool has_snapshots = source->implementation().HasSnapshots();
  if (!options.text_columns.empty() && has_snapshots) {
    return MakeError(ErrorKind::kUnsupported,
                     "values of this source never contradict their column's type: cast "
                     "the column in the query to have it as text");
  }
  // Also where one answer is the way: then nobody else looks at it.
  if (has_snapshots && !options.partition_on.empty() &&
      relation.schema->GetFieldIndex(options.partition_on) < 0) {
    return MakeError(ErrorKind::kNotFound,
                     "there is no column " + options.partition_on + " to cut by" +
                         DidYouMean(options.partition_on, relation.schema->field_names()),
                     {{"column", options.partition_on}});
  }
  ARROW_RETURN_NOT_OK(MakeText(options.text_columns, &relation));
  Wanted wanted{source, std::move(relation), {}, options};
  Partition& whole = wanted.whole;
  whole.source = source->implementation().name();
  whole.table = wanted.relation.table;
  whole.sql = wanted.relation.sql;
  whole.columns =
      options.columns.empty() ? wanted.relation.schema->field_names() : options.columns;
  whole.where = options.where;
  whole.limit = options.limit;

  int connections = options.connections.value_or(has_snapshots ? 1 : kConnections);
  // Nobody said how many: so many as pay for themselves.
  const bool many =
      options.strategy == FetchStrategy::kParallel ||
      (options.strategy == FetchStrategy::kAuto &&
       wanted.relation.estimated_rows.value_or(0) > options.pagination_rows);
  if (!options.connections && many) connections = kConnections;
  FetchInfo info;
  info.estimated_rows = wanted.relation.estimated_rows;
  if (WantsOneAnswer(wanted, connections, &info.reason)) {
    return FetchByOne(wanted, std::move(info));
  }
  SplitRequest request;
  request.where = options.where;
  if (!options.partition_on.empty()) request.on = {options.partition_on};
  request.pieces = std::max(connections, 2) * kRangesPerConnection;
  request.least_rows = std::min(kLeastRows, std::max<int64_t>(options.single_rows, 1));
  if (options.range_rows.has_value()) {
    request.pieces = kMostRanges;
    request.least_rows = *options.range_rows;
  }
  ARROW_ASSIGN_OR_RAISE(Split split, source->implementation().SplitRelation(
                                         wanted.relation, request, options.stop));
  info.rows = split.rows;
  wanted.whole.estimated_rows = split.rows;  // Counted: it need not be again.
  info.strategy = options.strategy;
  info.reason = "as asked for";
  if (options.strategy == FetchStrategy::kAuto) {
    info.strategy = Choose(options, has_snapshots, split.rows, &info.reason);
  }
  if (info.strategy == FetchStrategy::kSingle) {
    return FetchByOne(wanted, std::move(info));
  }
  if (split.pieces.size() == 1 && !split.pieces.front().predicate.has_value()) {
    // Whoever left the choice to us need not be told of it as of something amiss.
    if (options.strategy == FetchStrategy::kAuto) {
      info.reason += split.reason.empty() ? "" : "; " + split.reason;
    } else {
      info.note = split.reason;
    }
    return FetchByOne(wanted, std::move(info));
  }
  if (info.strategy == FetchStrategy::kPagination) connections = 1;
  connections = std::min(connections, static_cast<int>(split.pieces.size()));
  return FetchRanges(wanted, split, connections, std::move(info));
}

}  // namespace

arrow::Result<std::shared_ptr<FetchReader>> FetchTable(
    const std::shared_ptr<DataSource>& source, const std::string& table,
    const FetchOptions& options) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  ARROW_ASSIGN_OR_RAISE(Relation relation,
                        source->implementation().DescribeTable(table, options.stop));
  return Fetch(source, std::move(relation), options);
}

arrow::Result<std::shared_ptr<FetchReader>> FetchQuery(
    const std::shared_ptr<DataSource>& source, const std::string& sql,
    const FetchOptions& options) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  if (!options.columns.empty() || !options.where.empty()) {
    return MakeError(ErrorKind::kConfig,
                     "a query chooses its own columns and rows: write `columns` and "
                     "`where` of the fetch into the query");
  }
  ARROW_ASSIGN_OR_RAISE(Relation relation,
                        source->implementation().DescribeQuery(sql, options.stop));
  return Fetch(source, std::move(relation), options);
}

arrow::Result<std::shared_ptr<FetchReader>> FetchCard(
    const std::shared_ptr<DataSource>& source, const std::string& card,
    const std::map<std::string, std::string>& parameters, const FetchOptions& options) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  if (!options.columns.empty() || !options.where.empty()) {
    return MakeError(ErrorKind::kConfig,
                     "a saved question chooses its own columns and rows");
  }
  ARROW_ASSIGN_OR_RAISE(Relation relation, source->implementation().DescribeCard(
                                               card, parameters, options.stop));
  return Fetch(source, std::move(relation), options);
}

std::string_view FetchStrategyName(FetchStrategy strategy) {
  switch (strategy) {
    case FetchStrategy::kAuto:
      return "auto";
    case FetchStrategy::kSingle:
      return "single";
    case FetchStrategy::kPagination:
      return "pagination";
    case FetchStrategy::kParallel:
      break;
  }
  return "parallel";
}

}  // namespace keelboat
