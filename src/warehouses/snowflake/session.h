#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/snowflake/options.h"
#include "warehouses/snowflake/sql_text.h"

namespace keelboat::snowflake {

/// Called with each statement of a load before it runs, from the thread that runs it; an
/// error stops the load there. This is where tests fail or kill a load at every step.
using StatementHook = std::function<arrow::Status(std::string_view sql)>;

/// \brief A session in UTC, with the role and warehouse of the options.
///
/// Every failure says in its message what it was about. One thread at a time.
class Session {
 public:
  /// Logs in. kAuth, kUnavailable, kNotFound naming role or warehouse.
  static arrow::Result<std::unique_ptr<Session>> Open(adbc::Database& database,
                                                      const SnowflakeOptions& options,
                                                      StatementHook hook);

  /// Statements from now on are stopped by this token, before they begin and while they
  /// run.
  void set_stop(const std::stop_token& stop) { stop_ = stop; }
  /// Statements from now on carry the table in their query tag; empty: none.
  void SetTable(const std::string& run_id, const std::string& table);

  /// Proves that the database is there and makes it the session's own, once; `UsePlace`
  /// the schema too. kNotFound naming the one that is not.
  arrow::Status UseDatabase(const Place& place);
  arrow::Status UsePlace(const Place& place);

  /// Runs a statement that writes; returns how many rows it changed, 0 where it has none.
  arrow::Result<int64_t> Execute(const std::string& sql);
  /// The same with the rows that it answers.
  arrow::Result<std::vector<adbc::Row>> Run(const std::string& sql);
  /// Runs a query with a small result.
  arrow::Result<std::vector<adbc::Row>> Fetch(const std::string& sql);
  /// The one number that a query gives.
  arrow::Result<int64_t> FetchNumber(const std::string& sql);
  /// Rolls back, whatever was asked to stop. An error leaves a session that cannot be
  /// used any more.
  arrow::Status Rollback();

 private:
  Session(std::unique_ptr<adbc::Connection> connection, StatementHook hook)
      : connection_(std::move(connection)), hook_(std::move(hook)) {}

  std::unique_ptr<adbc::Connection> connection_;
  StatementHook hook_;
  std::stop_token stop_;
  bool has_database_ = false;
};

/// What `FetchNumber` and others take from a field. kData for what is no whole number.
arrow::Result<int64_t> ToInteger(const std::optional<std::string>& text);

}  // namespace keelboat::snowflake
