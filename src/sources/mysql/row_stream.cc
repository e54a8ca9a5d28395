#include "sources/mysql/row_stream.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

constexpr uint8_t kEndOfRows = 0xFE;

}  // namespace

arrow::Result<std::unique_ptr<RowStream>> RowStream::Prepare(ConnectionPtr connection,
                                                             const std::string& statement,
                                                             std::string table) {
  MYSQL_STMT* handle = mysql_stmt_init(connection->handle());
  if (handle == nullptr) return arrow::Status::OutOfMemory("preparing a statement");
  std::unique_ptr<RowStream> stream(
      new RowStream(std::move(connection), handle, std::move(table)));
  if (mysql_stmt_prepare(handle, statement.data(), statement.size()) != 0) {
    return stream->connection_->LastError(handle, stream->table_);
  }
  return stream;
}

RowStream::RowStream(ConnectionPtr connection, MYSQL_STMT* statement, std::string table)
    : connection_(std::move(connection)),
      statement_(statement),
      table_(std::move(table)) {
  if (IsLocal(connection_->options())) {
    pause_.emplace(mysql_get_socket(connection_->handle()));
  }
}

RowStream::~RowStream() {
  // Closing a statement reads its answer to the end, which may be gigabytes. A closed
  // connection has forgotten its statements and leaves only memory to free.
  if (in_answer_) connection_->Cut();
  if (connection_->lost()) {
    connection_.reset();
    mysql_stmt_close(statement_);
  } else {
    // The connection may live on: the server has to forget the statement.
    mysql_stmt_close(statement_);
  }
}

arrow::Result<std::vector<ServerField>> RowStream::Fields() {
  MYSQL_RES* metadata = mysql_stmt_result_metadata(statement_);
  if (metadata == nullptr) return connection_->LastError(statement_, table_);
  std::vector<ServerField> fields;
  unsigned int count = mysql_num_fields(metadata);
  fields.reserve(count);
  for (unsigned int i = 0; i < count; ++i) {
    fields.push_back(ServerField::Of(*mysql_fetch_field_direct(metadata, i)));
  }
  mysql_free_result(metadata);
  return fields;
}

arrow::Status RowStream::Execute() {
  connection_->Heard();
  if (mysql_stmt_execute(statement_) != 0) {
    return connection_->LastError(statement_, table_);
  }
  in_answer_ = true;
  return arrow::Status::OK();
}

arrow::Result<std::span<const uint8_t>> RowStream::Next() {
  if (!in_answer_) return std::span<const uint8_t>();
  // Reading the clock for every row would show in the rate.
  if ((taken_++ & 0xFF) == 0) connection_->Heard();
  MYSQL* handle = connection_->handle();
  unsigned long length = mysql_net_read_packet(handle);
  // The library's own constant is an unsigned int, its function returns a long.
  if (length == static_cast<unsigned long>(packet_error)) {
    // The server has ended the answer with an error, or is gone.
    in_answer_ = false;
    arrow::Status status = connection_->LastError(table_);
    if (!connection_->lost()) handle->status = MYSQL_STATUS_READY;
    return status;
  }
  const uint8_t* packet = handle->net.read_pos;
  if (packet[0] != kEndOfRows) {
    if (pause_.has_value()) pause_->Took(length);
    return std::span(packet, length);
  }
  in_answer_ = false;
  if (length >= 3) {
    warning_count_ = packet[1] | static_cast<unsigned int>(packet[2]) << 8;
  }
  // The rows were taken behind the library's back: tell it that the answer is over.
  handle->status = MYSQL_STATUS_READY;
  return std::span<const uint8_t>();
}

void RowStream::Drain(std::chrono::milliseconds patience) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::jthread watch([&](const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    ended.wait_for(lock, stop, patience, [] { return false; });
    if (!stop.stop_requested()) connection_->Cut();
  });
  while (in_answer_) {
    auto row = Next();
    // The error that the server ends the answer with is the one that was asked for.
    if (!row.ok()) break;
  }
  watch.request_stop();
}

arrow::Result<std::vector<std::string>> RowStream::ServerWarnings() {
  std::vector<std::string> warnings;
  if (warning_count_ == 0) return warnings;
  const std::string what = table_.empty() ? "the query" : "table " + table_;
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_->Query("SHOW WARNINGS LIMIT 5"));
  for (const auto& row : rows) {
    if (row.size() < 3 || !row[2]) continue;
    warnings.push_back("the server warns while reading " + what + ": " + *row[2]);
  }
  if (warning_count_ > rows.size()) {
    warnings.push_back("the server raised " + std::to_string(warning_count_) +
                       " warnings while reading " + what);
  }
  return warnings;
}

}  // namespace keelboat::mysql
