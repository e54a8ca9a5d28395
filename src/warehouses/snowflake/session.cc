#include "warehouses/snowflake/session.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/stop.h"
#include "keelboat/error.h"

namespace keelboat::snowflake {
namespace {

/// How long a statement waits for a table that another session holds: longer than the
/// five minutes after which Snowflake ends an idle transaction that blocks others.
constexpr const char* kLockTimeoutSeconds = "900";

constexpr const char* kSetupRemedy =
    "`keelboat setup` makes it, or a DBA with what `keelboat setup --dry-run` prints";

std::string SessionSettings() {
  const std::string time = "YYYY-MM-DD HH24:MI:SS.FF6";
  return std::string("ALTER SESSION SET TIMEZONE = 'UTC', ABORT_DETACHED_QUERY = TRUE") +
         ", LOCK_TIMEOUT = " + kLockTimeoutSeconds +
         ", BINARY_OUTPUT_FORMAT = 'HEX', DATE_OUTPUT_FORMAT = 'YYYY-MM-DD'" +
         ", TIMESTAMP_NTZ_OUTPUT_FORMAT = '" + time +
         "', TIMESTAMP_TZ_OUTPUT_FORMAT = '" + time + "TZH:TZM'";
}

bool IsMissing(const arrow::Status& status) {
  return KindOf(status) == ErrorKind::kNotFound || KindOf(status) == ErrorKind::kDenied;
}

arrow::Status Use(adbc::Connection& connection, const std::string& kind,
                  const std::string& name, const std::string& remedy) {
  arrow::Status used = connection.Execute("USE " + kind + " " + name).status();
  if (used.ok() || !IsMissing(used)) return used;
  std::string lower = kind;
  for (char& c : lower) c = static_cast<char>(c - 'A' + 'a');
  return MakeError(ErrorKind::kNotFound,
                   "there is no " + lower + " " + name + " that this login may use: " +
                       remedy + " (" + used.message() + ")",
                   {{lower, name}, {"setting", lower}});
}

}  // namespace

arrow::Result<int64_t> ToInteger(const std::optional<std::string>& text) {
  int64_t value = 0;
  if (text.has_value()) {
    const char* end = text->data() + text->size();
    auto [stopped, error] = std::from_chars(text->data(), end, value);
    if (error == std::errc() && stopped == end) return value;
  }
  return MakeError(ErrorKind::kData, "Snowflake answered '" + text.value_or("NULL") +
                                         "' where a whole number belongs");
}

arrow::Result<std::unique_ptr<Session>> Session::Open(adbc::Database& database,
                                                      const SnowflakeOptions& options,
                                                      StatementHook hook) {
  ARROW_ASSIGN_OR_RAISE(auto connection, database.Connect());
  if (!options.role.empty()) {
    ARROW_RETURN_NOT_OK(Use(*connection, "ROLE", QuoteName(ObjectName(options.role)),
                            "set 'role' to one that the user '" + options.user +
                                "' has (GRANT ROLE … TO USER …)"));
  }
  if (!options.warehouse.empty()) {
    ARROW_RETURN_NOT_OK(
        Use(*connection, "WAREHOUSE", QuoteName(ObjectName(options.warehouse)),
            "set 'warehouse' to one that the role may use (GRANT USAGE ON WAREHOUSE … TO "
            "ROLE …)"));
  }
  ARROW_RETURN_NOT_OK(connection->Execute(SessionSettings()).status());
  std::unique_ptr<Session> session(new Session(std::move(connection), std::move(hook)));
  session->SetTable(options.query_tag, "");
  return session;
}

void Session::SetTable(const std::string& run_id, const std::string& table) {
  nlohmann::ordered_json tag = {{"app", "keelboat"}};
  if (!run_id.empty()) tag["run"] = run_id;
  if (!table.empty()) tag["table"] = table;
  connection_->SetStatementOptions(
      {{"adbc.snowflake.statement.query_tag",
        tag.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)}});
}

arrow::Status Session::UseDatabase(const Place& place) {
  if (has_database_) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(Use(*connection_, "DATABASE", QuoteName(place.database),
                          std::string("check 'database'; ") + kSetupRemedy));
  has_database_ = true;
  return arrow::Status::OK();
}

arrow::Status Session::UsePlace(const Place& place) {
  ARROW_RETURN_NOT_OK(UseDatabase(place));
  return Use(*connection_, "SCHEMA", place.Schema(),
             std::string("check 'schema'; ") + kSetupRemedy);
}

arrow::Result<int64_t> Session::Execute(const std::string& sql) {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  if (hook_) ARROW_RETURN_NOT_OK(hook_(sql));
  adbc::CancelOnStop cancel(connection_.get(), stop_);
  ARROW_ASSIGN_OR_RAISE(int64_t rows, connection_->Execute(sql));
  return std::max<int64_t>(rows, 0);
}

arrow::Result<std::vector<adbc::Row>> Session::Run(const std::string& sql) {
  if (hook_) {
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    ARROW_RETURN_NOT_OK(hook_(sql));
  }
  return Fetch(sql);
}

arrow::Result<std::vector<adbc::Row>> Session::Fetch(const std::string& sql) {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  adbc::CancelOnStop cancel(connection_.get(), stop_);
  return connection_->Fetch(sql);
}

arrow::Result<int64_t> Session::FetchNumber(const std::string& sql) {
  ARROW_ASSIGN_OR_RAISE(auto rows, Fetch(sql));
  if (rows.size() != 1 || rows[0].empty()) {
    return MakeError(ErrorKind::kData, "Snowflake answered no row where one belongs");
  }
  return ToInteger(rows[0][0]);
}

arrow::Status Session::Rollback() { return connection_->Execute("ROLLBACK").status(); }

}  // namespace keelboat::snowflake
