#include "warehouses/duckdb/load_session.h"

#include <algorithm>

#include "core/stop.h"
#include "warehouses/duckdb/sql_text.h"

namespace keelboat::duckdb {

LoadSession::LoadSession(adbc::Connection* connection, const std::string& schema,
                         const LoadRequest& request, const StatementHook& hook)
    : connection_(*connection),
      request_(request),
      hook_(hook),
      target_(QuoteTable(schema, request.table)) {}

arrow::Result<int64_t> LoadSession::Execute(const std::string& sql) {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  if (hook_) ARROW_RETURN_NOT_OK(hook_(sql));
  ARROW_ASSIGN_OR_RAISE(int64_t rows, connection_.Execute(sql));
  return std::max<int64_t>(rows, 0);  // The driver says -1 for none.
}

arrow::Result<int64_t> LoadSession::CountRows() {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_.Fetch("SELECT count(*) FROM " + target_));
  return std::stoll(*rows[0][0]);
}

arrow::Result<int64_t> LoadSession::InsertInto(const std::string& target,
                                               const std::string& select) {
  return Execute("INSERT INTO " + target + " BY NAME SELECT *, " +
                 QuoteText(request_.run_id) + " AS " + QuoteName(kRunIdColumn) +
                 ", TIMESTAMPTZ " + QuoteText(FormatTime(request_.loaded_at)) + " AS " +
                 QuoteName(kLoadedAtColumn) + " FROM (" + select + ")");
}

}  // namespace keelboat::duckdb
