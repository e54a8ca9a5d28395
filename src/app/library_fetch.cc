#include <algorithm>
#include <utility>

#include <arrow/type.h>

#include "app/parallel_reader.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "keelboat/fetch.h"
#include "sources/source.h"

namespace keelboat {
namespace {

// So many ranges a connection that a slow one never holds up the rest.
constexpr int kRangesPerConnection = 4;
// A range is not made smaller on purpose: each costs a statement.
constexpr int64_t kLeastRows = 50'000;

// One connection, read in the caller's thread.
class DirectReader final : public FetchReader {
 public:
  DirectReader(std::shared_ptr<DataSource> source, std::shared_ptr<SourceReader> reader,
               FetchInfo info)
      : source_(std::move(source)), reader_(std::move(reader)), info_(std::move(info)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return reader_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (status_.ok()) status_ = reader_->ReadNext(batch);
    return status_;
  }
  arrow::Status Close() override { return reader_->Close(); }
  std::vector<std::string> Warnings() const override { return reader_->Warnings(); }
  const FetchInfo& info() const override { return info_; }

 private:
  const std::shared_ptr<DataSource> source_;
  const std::shared_ptr<SourceReader> reader_;
  const FetchInfo info_;
  arrow::Status status_;
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
      require(options.connections > 0, "a fetch needs a connection or more"));
  ARROW_RETURN_NOT_OK(require(options.read_ahead_bytes >= 0,
                              "read_ahead_bytes of a fetch cannot be negative"));
  return require(options.limit.value_or(0) >= 0, "limit of a fetch cannot be negative");
}

arrow::Result<std::shared_ptr<FetchReader>> FetchByOne(
    const std::shared_ptr<DataSource>& source, const Relation& relation,
    const Partition& partition, const FetchOptions& options, std::string note) {
  ARROW_ASSIGN_OR_RAISE(auto reader,
                        source->implementation().Read(relation, partition, options.stop));
  FetchInfo info;
  info.note = std::move(note);
  return std::make_shared<DirectReader>(source, std::move(reader), std::move(info));
}

arrow::Result<std::shared_ptr<FetchReader>> FetchByMany(
    const std::shared_ptr<DataSource>& source, const Relation& relation,
    const Partition& whole, const FetchOptions& options) {
  Source& implementation = source->implementation();
  SplitRequest request;
  request.where = options.where;
  request.pieces = options.connections * kRangesPerConnection;
  request.least_rows = kLeastRows;
  ARROW_ASSIGN_OR_RAISE(Split split,
                        implementation.SplitRelation(relation, request, options.stop));
  if (split.pieces.size() == 1) {
    return FetchByOne(source, relation, whole, options, split.reason);
  }
  const int connections =
      std::min(options.connections, static_cast<int>(split.pieces.size()));
  ARROW_ASSIGN_OR_RAISE(
      auto snapshot,
      implementation.OpenSnapshot({connections, options.consistent}, options.stop));
  const SnapshotInfo& moment = snapshot->info();
  if (options.consistent && moment.consistency == Consistency::kStatement) {
    return FetchByOne(source, relation, whole, options, moment.note);
  }
  ParallelReader::Settings settings;
  ARROW_ASSIGN_OR_RAISE(settings.schema, SchemaOf(relation, whole.columns));
  settings.pieces = split.pieces.size();
  settings.ordered = options.ordered;
  settings.read_ahead_bytes = options.read_ahead_bytes;
  settings.stop = options.stop;
  settings.info.connections =
      moment.consistency == Consistency::kCursor ? 1 : connections;
  settings.info.ranges = static_cast<int>(split.pieces.size());
  settings.info.consistency = ConsistencyName(moment.consistency);
  settings.info.position = moment.position;
  settings.info.note = moment.note;

  auto pieces = std::make_shared<Pieces>(Pieces{source, relation, snapshot, {}});
  for (const Split::Piece& piece : split.pieces) {
    Partition partition = whole;
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

arrow::Result<std::shared_ptr<FetchReader>> Fetch(
    const std::shared_ptr<DataSource>& source, const Relation& relation,
    const FetchOptions& options) {
  Partition whole;
  whole.source = source->implementation().name();
  whole.table = relation.table;
  whole.sql = relation.sql;
  whole.columns =
      options.columns.empty() ? relation.schema->field_names() : options.columns;
  whole.where = options.where;
  whole.limit = options.limit;
  if (options.connections == 1 || options.limit.has_value()) {
    return FetchByOne(source, relation, whole, options, "");
  }
  return FetchByMany(source, relation, whole, options);
}

}  // namespace

arrow::Result<std::shared_ptr<FetchReader>> FetchTable(
    const std::shared_ptr<DataSource>& source, const std::string& table,
    const FetchOptions& options) {
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  ARROW_ASSIGN_OR_RAISE(Relation relation,
                        source->implementation().DescribeTable(table, options.stop));
  return Fetch(source, relation, options);
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
  return Fetch(source, relation, options);
}

}  // namespace keelboat
