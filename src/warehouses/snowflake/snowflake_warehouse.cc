#include "warehouses/snowflake/snowflake_warehouse.h"

#include <mutex>
#include <set>

#include "core/clock.h"
#include "core/stop.h"
#include "keelboat/error.h"
#include "warehouses/snowflake/account_check.h"
#include "warehouses/snowflake/driver_errors.h"
#include "warehouses/snowflake/ledger.h"
#include "warehouses/snowflake/login.h"
#include "warehouses/snowflake/setup.h"
#include "warehouses/snowflake/table_comparison.h"
#include "warehouses/snowflake/table_load.h"

namespace keelboat {
namespace {

using snowflake::Place;
using snowflake::Session;

class SnowflakeWarehouse final : public Warehouse {
 public:
  SnowflakeWarehouse(SnowflakeOptions options, snowflake::StatementHook hook)
      : options_(std::move(options)),
        hook_(std::move(hook)),
        place_(snowflake::PlaceOf(options_)) {}

  arrow::Result<WarehouseInfo> Check(const std::stop_token& stop) override;
  arrow::Status Setup(const SetupRequest& request, const std::stop_token& stop) override;
  arrow::Result<std::vector<LedgerRow>> ReadLedger() override;
  arrow::Result<LoadResult> Apply(const LoadRequest& request,
                                  const std::stop_token& stop) override;
  arrow::Result<Difference> Compare(const LoadRequest& request,
                                    const std::stop_token& stop) override;
  arrow::Status DropSchema() override;
  arrow::Status Close() override;

 private:
  /// Calls `use` with the session that is open; logs in where none is. After an error
  /// nobody knows in which state a session is: the next call gets a new one.
  template <typename Function>
  auto With(const std::stop_token& stop, Function use)
      -> decltype(use(std::declval<Session&>())) {
    std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(Open(stop));
    session_->set_stop(stop);
    session_->SetTable(options_.query_tag, "");
    auto result = use(*session_);
    session_->set_stop({});
    if (!result.ok()) session_.reset();
    return result;
  }

  arrow::Status Open(const std::stop_token& stop);
  arrow::Result<std::unique_ptr<Session>> LogIn();
  /// Makes other sessions for the load of a table.
  snowflake::OpenSession Opener(const LoadRequest& request, const std::stop_token& stop);
  arrow::Status RefuseForeignTables(Session& session);

  const SnowflakeOptions options_;
  const snowflake::StatementHook hook_;
  const Place place_;
  std::mutex mutex_;
  // The session goes before the driver's database that it is of.
  std::shared_ptr<adbc::Database> database_;
  std::unique_ptr<Session> session_;
  bool is_swept_ = false;
};

arrow::Status SnowflakeWarehouse::Open(const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  if (session_ != nullptr) return arrow::Status::OK();
  if (database_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(auto login, snowflake::LoginOptions(options_));
    const snowflake::Login whom = {snowflake::HostOf(options_), options_.account,
                                   options_.user, options_.driver};
    ARROW_ASSIGN_OR_RAISE(
        database_, adbc::Database::Open(login, [whom](const adbc::DriverError& error) {
          return MapDriverError(whom, error);
        }));
  }
  return LogIn().Value(&session_);
}

arrow::Result<std::unique_ptr<Session>> SnowflakeWarehouse::LogIn() {
  return Session::Open(*database_, options_, hook_);
}

snowflake::OpenSession SnowflakeWarehouse::Opener(const LoadRequest& request,
                                                  const std::stop_token& stop) {
  return [this, &request, stop]() -> arrow::Result<std::unique_ptr<Session>> {
    ARROW_ASSIGN_OR_RAISE(auto session, LogIn());
    session->set_stop(stop);
    session->SetTable(request.run_id, request.table);
    ARROW_RETURN_NOT_OK(session->UseDatabase(place_));
    return session;
  };
}

arrow::Result<WarehouseInfo> SnowflakeWarehouse::Check(const std::stop_token& stop) {
  return With(stop, [&](Session& session) {
    return snowflake::CheckAccount(session, options_, Clock::System().Now());
  });
}

arrow::Status SnowflakeWarehouse::Setup(const SetupRequest& request,
                                        const std::stop_token& stop) {
  return With(stop, [&](Session& session) {
    return snowflake::SetUp(session, options_, request);
  });
}

arrow::Result<std::vector<LedgerRow>> SnowflakeWarehouse::ReadLedger() {
  return With({}, [&](Session& session) -> arrow::Result<std::vector<LedgerRow>> {
    std::vector<LedgerRow> rows;
    ARROW_RETURN_NOT_OK(session.UseDatabase(place_));
    auto entries = snowflake::Ledger(place_).Read(session);
    // Before the first load there is none, nor a schema.
    if (!entries.ok() && KindOf(entries.status()) == ErrorKind::kNotFound) return rows;
    ARROW_RETURN_NOT_OK(entries.status());
    for (LedgerEntry& entry : *entries) rows.push_back(std::move(entry.row));
    return rows;
  });
}

arrow::Result<LoadResult> SnowflakeWarehouse::Apply(const LoadRequest& request,
                                                    const std::stop_token& stop) {
  return With(stop, [&](Session& session) -> arrow::Result<LoadResult> {
    session.SetTable(request.run_id, request.table);
    ARROW_RETURN_NOT_OK(session.UseDatabase(place_));
    ARROW_ASSIGN_OR_RAISE(
        LoadResult result,
        snowflake::TableLoad(&session, Opener(request, stop), options_, request).Run());
    if (!result.nothing_new && !is_swept_) {
      is_swept_ = true;
      RemoveLeftovers(session, options_, Clock::System().Now());
    }
    return result;
  });
}

arrow::Result<Difference> SnowflakeWarehouse::Compare(const LoadRequest& request,
                                                      const std::stop_token& stop) {
  return With(stop, [&](Session& session) -> arrow::Result<Difference> {
    session.SetTable(request.run_id, request.table);
    ARROW_RETURN_NOT_OK(session.UseDatabase(place_));
    return snowflake::TableComparison(&session, Opener(request, stop), options_, request)
        .Run();
  });
}

arrow::Status SnowflakeWarehouse::RefuseForeignTables(Session& session) {
  std::set<std::string> ours = {snowflake::kLedgerTable};
  auto entries = snowflake::Ledger(place_).Read(session);
  if (entries.ok()) {
    for (const LedgerEntry& entry : *entries) {
      ours.insert(snowflake::UpperName(entry.row.table));
    }
  } else if (KindOf(entries.status()) != ErrorKind::kNotFound) {
    return entries.status();
  }
  ARROW_ASSIGN_OR_RAISE(
      auto tables,
      session.Fetch("SELECT TABLE_NAME FROM " + QuoteName(place_.database) +
                    ".INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = " +
                    snowflake::QuoteText(place_.schema) + " ORDER BY TABLE_NAME"));
  for (const adbc::Row& table : tables) {
    const std::string name = table.at(0).value_or("");
    if (ours.contains(name)) continue;
    if (snowflake::LoadName::TimeOfTable(name).has_value()) continue;
    return MakeError(ErrorKind::kConflict,
                     "the schema " + place_.Schema() + " holds the table " +
                         QuoteName(name) +
                         " that keelboat did not load: move it to another schema; "
                         "nothing was dropped");
  }
  return arrow::Status::OK();
}

arrow::Status SnowflakeWarehouse::DropSchema() {
  return With({}, [&](Session& session) -> arrow::Status {
    ARROW_RETURN_NOT_OK(session.UseDatabase(place_));
    ARROW_RETURN_NOT_OK(RefuseForeignTables(session));
    return session.Execute("DROP SCHEMA IF EXISTS " + place_.Schema() + " CASCADE")
        .status();
  });
}

arrow::Status SnowflakeWarehouse::Close() {
  std::lock_guard lock(mutex_);
  session_.reset();
  database_.reset();
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<Warehouse>> MakeSnowflakeWarehouse(
    SnowflakeOptions options, snowflake::StatementHook hook) {
  ARROW_RETURN_NOT_OK(snowflake::CheckOptions(options));
  return std::make_unique<SnowflakeWarehouse>(std::move(options), std::move(hook));
}

}  // namespace keelboat
