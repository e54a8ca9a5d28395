#include "warehouses/adbc.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include <arrow-adbc/adbc.h>
#include <arrow-adbc/adbc_driver_manager.h>
#include <arrow/array/array_base.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>

namespace keelboat::adbc {
namespace {

/// How often a stop request repeats its cancel.
constexpr std::chrono::milliseconds kCancelInterval{20};

/// An AdbcError that is released however its scope is left.
class ErrorSlot {
 public:
  ErrorSlot() = default;
  ~ErrorSlot() {
    if (error_.release != nullptr) error_.release(&error_);
  }
  ErrorSlot(const ErrorSlot&) = delete;
  ErrorSlot& operator=(const ErrorSlot&) = delete;

  AdbcError* get() { return &error_; }

  arrow::Status Check(AdbcStatusCode code, const ErrorMapper& map_error) const {
    if (code == ADBC_STATUS_OK) return arrow::Status::OK();
    DriverError error;
    error.code = code;
    error.message =
        error_.message != nullptr ? error_.message : AdbcStatusCodeMessage(code);
    if (error_.sqlstate[0] != '\0') {
      error.sqlstate.assign(error_.sqlstate, sizeof(error_.sqlstate));
    }
    if (error_.vendor_code != ADBC_ERROR_VENDOR_CODE_PRIVATE_DATA) {
      error.vendor_code = error_.vendor_code;
    }
    return map_error(error);
  }

 private:
  AdbcError error_ = ADBC_ERROR_INIT;
};

class Statement {
 public:
  static arrow::Result<std::unique_ptr<Statement>> Make(AdbcConnection* connection,
                                                        const std::string& sql,
                                                        const Database::Options& options,
                                                        const ErrorMapper& map_error) {
    std::unique_ptr<Statement> statement(new Statement);
    ErrorSlot error;
    ARROW_RETURN_NOT_OK(error.Check(
        AdbcStatementNew(connection, &statement->handle_, error.get()), map_error));
    ErrorSlot sql_error;
    ARROW_RETURN_NOT_OK(sql_error.Check(
        AdbcStatementSetSqlQuery(&statement->handle_, sql.c_str(), sql_error.get()),
        map_error));
    for (const auto& [key, value] : options) {
      ErrorSlot option_error;
      ARROW_RETURN_NOT_OK(
          option_error.Check(AdbcStatementSetOption(&statement->handle_, key.c_str(),
                                                    value.c_str(), option_error.get()),
                             map_error));
    }
    return statement;
  }
  ~Statement() {
    ErrorSlot error;
    if (handle_.private_data != nullptr) AdbcStatementRelease(&handle_, error.get());
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  AdbcStatement* get() { return &handle_; }

 private:
  Statement() = default;
  AdbcStatement handle_{};
};

/// A result stream with its statement; the driver's errors get their kind.
class ResultReader final : public arrow::RecordBatchReader {
 public:
  ResultReader(std::unique_ptr<Statement> statement,
               std::shared_ptr<arrow::RecordBatchReader> stream,
               std::shared_ptr<Database> database, ErrorMapper map_error)
      : database_(std::move(database)),
        map_error_(std::move(map_error)),
        statement_(std::move(statement)),
        stream_(std::move(stream)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return stream_->schema(); }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    arrow::Status status = stream_->ReadNext(batch);
    if (status.ok()) return status;
    return map_error_({ADBC_STATUS_UNKNOWN, status.message(), "", 0});
  }

 private:
  // Destroyed from the last to the first: stream, statement, database.
  std::shared_ptr<Database> database_;
  ErrorMapper map_error_;
  std::unique_ptr<Statement> statement_;
  std::shared_ptr<arrow::RecordBatchReader> stream_;
};

}  // namespace

Database::Database(std::unique_ptr<AdbcDatabase> handle, ErrorMapper map_error)
    : handle_(std::move(handle)), map_error_(std::move(map_error)) {}

Database::~Database() {
  ErrorSlot error;
  AdbcDatabaseRelease(handle_.get(), error.get());
}

arrow::Result<std::shared_ptr<Database>> Database::Open(const Options& options,
                                                        ErrorMapper map_error) {
  auto handle = std::make_unique<AdbcDatabase>();
  ErrorSlot new_error;
  ARROW_RETURN_NOT_OK(
      new_error.Check(AdbcDatabaseNew(handle.get(), new_error.get()), map_error));
  // From here on the destructor releases the handle, whatever fails.
  std::shared_ptr<Database> database(
      new Database(std::move(handle), std::move(map_error)));
  for (const auto& [key, value] : options) {
    ErrorSlot error;
    ARROW_RETURN_NOT_OK(
        error.Check(AdbcDatabaseSetOption(database->handle_.get(), key.c_str(),
                                          value.c_str(), error.get()),
                    database->map_error_));
  }
  ErrorSlot error;
  ARROW_RETURN_NOT_OK(error.Check(AdbcDatabaseInit(database->handle_.get(), error.get()),
                                  database->map_error_));
  return database;
}

arrow::Result<std::unique_ptr<Connection>> Database::Connect() {
  auto handle = std::make_unique<AdbcConnection>();
  ErrorSlot new_error;
  ARROW_RETURN_NOT_OK(
      new_error.Check(AdbcConnectionNew(handle.get(), new_error.get()), map_error_));
  std::unique_ptr<Connection> connection(
      new Connection(shared_from_this(), std::move(handle)));
  ErrorSlot error;
  ARROW_RETURN_NOT_OK(error.Check(
      AdbcConnectionInit(connection->handle_.get(), handle_.get(), error.get()),
      map_error_));
  return connection;
}

/// Lets `Cancel` reach a statement while it is being executed.
class Connection::Running {
 public:
  Running(Connection& connection, AdbcStatement* statement) : connection_(connection) {
    std::lock_guard lock(connection_.mutex_);
    connection_.running_ = statement;
  }
  ~Running() {
    std::lock_guard lock(connection_.mutex_);
    connection_.running_ = nullptr;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Connection& connection_;
};

Connection::Connection(std::shared_ptr<Database> database,
                       std::unique_ptr<AdbcConnection> handle)
    : database_(std::move(database)), handle_(std::move(handle)) {}

Connection::~Connection() {
  ErrorSlot error;
  AdbcConnectionRelease(handle_.get(), error.get());
}

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> Connection::Query(
    const std::string& sql) {
  const ErrorMapper& map_error = database_->map_error_;
  ARROW_ASSIGN_OR_RAISE(
      std::unique_ptr<Statement> statement,
      Statement::Make(handle_.get(), sql, statement_options_, map_error));
  ArrowArrayStream stream{};
  int64_t rows = -1;
  ErrorSlot error;
  Running running(*this, statement->get());
  ARROW_RETURN_NOT_OK(error.Check(
      AdbcStatementExecuteQuery(statement->get(), &stream, &rows, error.get()),
      map_error));
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> imported =
      arrow::ImportRecordBatchReader(&stream);
  if (!imported.ok())
    return map_error({ADBC_STATUS_UNKNOWN, imported.status().message(), "", 0});
  return std::make_shared<ResultReader>(std::move(statement), *std::move(imported),
                                        database_, map_error);
}

arrow::Result<std::vector<Row>> Connection::Fetch(const std::string& sql) {
  ARROW_ASSIGN_OR_RAISE(auto reader, Query(sql));
  std::vector<Row> rows;
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) return rows;
    for (int64_t i = 0; i < batch->num_rows(); ++i) {
      Row row;
      for (const auto& column : batch->columns()) {
        ARROW_ASSIGN_OR_RAISE(auto scalar, column->GetScalar(i));
        row.push_back(scalar->is_valid ? std::optional(scalar->ToString())
                                       : std::nullopt);
      }
      rows.push_back(std::move(row));
    }
  }
}

arrow::Result<int64_t> Connection::Execute(const std::string& sql) {
  const ErrorMapper& map_error = database_->map_error_;
  ARROW_ASSIGN_OR_RAISE(
      std::unique_ptr<Statement> statement,
      Statement::Make(handle_.get(), sql, statement_options_, map_error));
  int64_t rows = -1;
  ErrorSlot error;
  Running running(*this, statement->get());
  ARROW_RETURN_NOT_OK(error.Check(
      AdbcStatementExecuteQuery(statement->get(), nullptr, &rows, error.get()),
      map_error));
  return rows;
}

void Connection::Cancel() {
  // Some drivers cancel what a connection does, some a statement; one that cannot says so
  // here, and the statement then runs to its end.
  ErrorSlot error;
  AdbcConnectionCancel(handle_.get(), error.get());
  std::lock_guard lock(mutex_);
  ErrorSlot statement_error;
  if (running_ != nullptr) AdbcStatementCancel(running_, statement_error.get());
}

CancelOnStop::CancelOnStop(Connection* connection, const std::stop_token& stop) {
  if (!stop.stop_possible()) return;
  watcher_ = std::jthread([connection, stop](const std::stop_token& ended) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::stop_callback wake(ended, [&] {
      std::lock_guard lock(mutex);
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, stop, [&] { return ended.stop_requested(); });
    while (!ended.stop_requested()) {
      connection->Cancel();
      changed.wait_for(lock, kCancelInterval, [&] { return ended.stop_requested(); });
    }
  });
}

}  // namespace keelboat::adbc
