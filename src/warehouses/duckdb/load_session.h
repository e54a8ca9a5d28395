#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

/// Called with each statement of a load before it runs; an error stops the load there.
/// This is where tests fail or kill a load at every step.
using StatementHook = std::function<arrow::Status(std::string_view sql)>;

/// \brief The statements of one table's load, each stoppable before it begins.
///
/// Borrows everything it is given.
class LoadSession {
 public:
  LoadSession(adbc::Connection* connection, const std::string& schema,
              const LoadRequest& request, const StatementHook& hook);

  void set_stop(const std::stop_token& stop) { stop_ = stop; }
  adbc::Connection& connection() { return connection_; }
  /// The table, quoted, with its schema.
  const std::string& target() const { return target_; }

  /// Runs a statement that writes; returns how many rows it changed.
  arrow::Result<int64_t> Execute(const std::string& sql);
  arrow::Result<int64_t> CountRows();
  /// Puts the rows of a query over the lake's columns into the table, with keelboat's
  /// own.
  arrow::Result<int64_t> Insert(const std::string& select) {
    return InsertInto(target_, select);
  }
  /// The same into another table, quoted, with its schema.
  arrow::Result<int64_t> InsertInto(const std::string& target, const std::string& select);

 private:
  adbc::Connection& connection_;
  const LoadRequest& request_;
  const StatementHook& hook_;
  std::stop_token stop_;
  std::string target_;
};

}  // namespace keelboat::duckdb
