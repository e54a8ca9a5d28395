#include "sources/mysql/mysql_reader.h"

#include <chrono>
#include <utility>

#include <arrow/type.h>

#include "core/batch_memory.h"
#include "core/nearest.h"
#include "core/stop.h"
#include "keelboat/error.h"
#include "sources/mysql/catalog.h"
#include "sources/mysql/predicate_text.h"
#include "sources/mysql/query_kill.h"
#include "sources/mysql/query_text.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

constexpr unsigned int kUnknownColumn = 1054;
constexpr unsigned int kViewInvalid = 1356;
constexpr std::chrono::milliseconds kDrainPatience(2000);

arrow::Status Altered(const Relation& relation, const std::string& what,
                      ErrorDetail::Map details) {
  details.emplace("table", relation.table);
  return MakeError(
      ErrorKind::kConflict,
      NameOf(relation) + " was altered between plan and read: " + what + "; run again",
      std::move(details));
}

// The relation's fields in the order that the partition asks for.
arrow::Result<std::shared_ptr<arrow::Schema>> Cut(const Relation& relation,
                                                  const Partition& partition) {
  arrow::FieldVector fields;
  for (const std::string& name : partition.columns) {
    auto field = relation.schema->GetFieldByName(name);
    if (field == nullptr) {
      return MakeError(ErrorKind::kNotFound,
                       "column " + name + " does not exist in " + NameOf(relation) +
                           DidYouMean(name, relation.schema->field_names()),
                       {{"table", relation.table}, {"column", name}});
    }
    fields.push_back(std::move(field));
  }
  if (fields.empty()) {
    return MakeError(ErrorKind::kInternal, "no columns to read of " + NameOf(relation));
  }
  return arrow::schema(std::move(fields));
}

// An error of starting the query, with what it means here: the table was described
// before.
arrow::Status Reinterpret(const arrow::Status& status, const Relation& relation,
                          const Partition& partition) {
  const std::string number = DetailOf(status, "errno");
  if (number.empty()) return status;
  if (KindOf(status) == ErrorKind::kNotFound) {
    return MakeError(ErrorKind::kNotFound,
                     (relation.table.empty() ? std::string("a table of the query")
                                             : NameOf(relation)) +
                         " was dropped between plan and read: " + status.message(),
                     static_cast<const ErrorDetail&>(*status.detail()).details());
  }
  bool unknown_column =
      number == std::to_string(kUnknownColumn) || number == std::to_string(kViewInvalid);
  if (unknown_column && partition.where.empty()) {
    return Altered(relation, status.message(), {{"errno", number}});
  }
  if (unknown_column || KindOf(status) == ErrorKind::kConfig) {
    if (partition.where.empty()) return status;
    return MakeError(ErrorKind::kConfig,
                     "reading " + NameOf(relation) + " with where: " + partition.where +
                         ": " + status.message(),
                     static_cast<const ErrorDetail&>(*status.detail()).details());
  }
  return status;
}

// Ends a query on the server, and leaves its connection fit for another if it can.
void EndAnswer(RowStream* stream, const std::string& tag) {
  KillQuery(stream->connection().options(), stream->connection().id(), tag,
            KillWhat::kQuery);
  stream->Drain(kDrainPatience);
}

arrow::Result<std::vector<ColumnType>> CheckedTypes(
    const std::vector<ServerField>& fields, const arrow::Schema& schema,
    const Relation& relation) {
  if (fields.size() != static_cast<std::size_t>(schema.num_fields())) {
    return Altered(relation, "the number of columns changed", {});
  }
  std::vector<ColumnType> types;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& expected = *schema.field(static_cast<int>(i));
    ARROW_ASSIGN_OR_RAISE(auto type, TypeOf(fields[i]));
    if (!type.arrow->Equals(*expected.type())) {
      return Altered(relation,
                     "column " + expected.name() + " is now " + type.arrow->ToString() +
                         ", was " + expected.type()->ToString(),
                     {{"column", expected.name()}});
    }
    types.push_back(std::move(type));
  }
  return types;
}

}  // namespace

arrow::Result<std::shared_ptr<SourceReader>> MysqlReader::Open(
    const MysqlOptions& options, const Relation& relation, const Partition& partition,
    const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto connection, Connection::Open(options, stop));
  ARROW_RETURN_NOT_OK(connection->Execute("START TRANSACTION READ ONLY"));
  return Open(ConnectionPtr(std::move(connection)), relation, partition);
}

arrow::Result<std::shared_ptr<SourceReader>> MysqlReader::Open(
    ConnectionPtr connection, const Relation& relation, const Partition& partition) {
  const MysqlOptions options = connection->options();
  std::shared_ptr<ConnectionLender> lender = connection.get_deleter().lender();
  auto explain = [&](const arrow::Status& status) {
    return lender == nullptr ? status : lender->Explain(status);
  };
  ARROW_ASSIGN_OR_RAISE(auto schema, Cut(relation, partition));
  SelectParts parts;
  parts.database = options.database;
  parts.table = relation.table;
  parts.sql = relation.sql;
  parts.where = partition.where;
  parts.order_by = relation.primary_key;
  for (const Predicate& predicate : partition.predicates) {
    auto condition = PredicateText(predicate, *relation.schema);
    if (!condition.ok()) {
      return AddContext(condition.status(), "reading " + NameOf(relation));
    }
    parts.conditions.push_back(std::move(*condition));
  }
  parts.limit = partition.limit;
  parts.tag = NewTag();
  for (const auto& field : schema->fields()) {
    parts.columns.push_back({field->name(), ReadAsText(*field)});
  }

  auto prepared =
      RowStream::Prepare(std::move(connection), SelectText(parts), relation.table);
  if (!prepared.ok()) {
    return Reinterpret(explain(prepared.status()), relation, partition);
  }
  std::unique_ptr<RowStream> stream = std::move(*prepared);
  if (auto status = stream->Execute(); !status.ok()) {
    unsigned long id = stream->connection().id();
    stream.reset();
    if (MayStillRun(status)) KillQuery(options, id, parts.tag);
    return Reinterpret(explain(status), relation, partition);
  }
  // After the start, because a table altered since the statement was prepared is
  // prepared anew by the server in silence.
  auto types = [&]() -> arrow::Result<std::vector<ColumnType>> {
    ARROW_ASSIGN_OR_RAISE(auto fields, stream->Fields());
    return CheckedTypes(fields, *schema, relation);
  }();
  if (!types.ok()) {
    EndAnswer(stream.get(), parts.tag);
    return types.status();
  }
  DecodedTable table{.source = options.name,
                     .table = relation.table.empty() ? "(query)" : relation.table,
                     .schema = schema,
                     .types = std::move(*types),
                     .primary_key = relation.primary_key,
                     .zero_dates = options.zero_dates};
  return std::shared_ptr<SourceReader>(
      new MysqlReader(std::move(stream), std::move(table), parts.tag, std::move(lender)));
}

MysqlReader::MysqlReader(std::unique_ptr<RowStream> stream, DecodedTable table,
                         std::string tag, std::shared_ptr<ConnectionLender> lender)
    : stream_(std::move(stream)),
      schema_(table.schema),
      decoder_(std::move(table), BatchMemory()),
      tag_(std::move(tag)),
      lender_(std::move(lender)) {}

MysqlReader::~MysqlReader() { Release(); }

arrow::Status MysqlReader::Close() {
  Release();
  return arrow::Status::OK();
}

void MysqlReader::Release() {
  if (stream_ == nullptr) return;
  bool stopped = stream_->connection().stop().stop_requested();
  bool unfinished = stream_->in_answer() || stopped;
  unsigned long id = stream_->connection().id();
  MysqlOptions options = stream_->connection().options();
  if (lender_ != nullptr && stream_->in_answer() && !stopped) {
    // The view that the connection holds is worth more than the rest of the answer.
    EndAnswer(stream_.get(), tag_);
    unfinished = stream_->connection().lost();
  }
  stream_.reset();
  if (unfinished) KillQuery(options, id, tag_);
}

arrow::Status MysqlReader::ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) {
  batch->reset();
  if (stream_ == nullptr) return arrow::Status::OK();
  arrow::Status status = ReadToBatch(batch);
  if (!status.ok()) {
    // A cut connection looks like a lost one: what counts is who cut it.
    arrow::Status stop = CheckStop(stream_->connection().stop());
    Release();
    if (!stop.ok()) return stop;
    if (lender_ != nullptr) return lender_->Explain(status);
  }
  return status;
}

arrow::Status MysqlReader::ReadToBatch(std::shared_ptr<arrow::RecordBatch>* batch) {
  ARROW_RETURN_NOT_OK(CheckStop(stream_->connection().stop()));
  ARROW_RETURN_NOT_OK(Fill());
  bool at_end = !stream_->in_answer();
  if (at_end) {
    ARROW_ASSIGN_OR_RAISE(server_warnings_, stream_->ServerWarnings());
  }
  if (decoder_.rows() > 0) {
    ARROW_ASSIGN_OR_RAISE(*batch, decoder_.Finish());
  }
  if (at_end) Release();
  return arrow::Status::OK();
}

arrow::Status MysqlReader::Fill() {
  while (!decoder_.full()) {
    ARROW_ASSIGN_OR_RAISE(auto row, stream_->Next());
    if (row.empty()) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(decoder_.Append(row.data(), static_cast<int64_t>(row.size())));
  }
  return arrow::Status::OK();
}

std::vector<std::string> MysqlReader::Warnings() const {
  std::vector<std::string> warnings = decoder_.Warnings();
  warnings.insert(warnings.end(), server_warnings_.begin(), server_warnings_.end());
  return warnings;
}

}  // namespace keelboat::mysql
