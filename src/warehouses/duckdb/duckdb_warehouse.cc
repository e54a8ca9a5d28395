#include "warehouses/duckdb/duckdb_warehouse.h"

#include <malloc.h>

#include <mutex>

#include <arrow/memory_pool.h>

#include "core/batch_memory.h"
#include "core/stop.h"
#include "keelboat/error.h"
#include "warehouses/duckdb/database_file.h"
#include "warehouses/duckdb/driver_errors.h"
#include "warehouses/duckdb/ledger.h"
#include "warehouses/duckdb/setup.h"
#include "warehouses/duckdb/sql_text.h"
#include "warehouses/duckdb/table_comparison.h"
#include "warehouses/duckdb/table_in_pieces.h"
#include "warehouses/duckdb/table_load.h"
#include "warehouses/increment_start.h"

namespace keelboat {
namespace {

using duckdb::DatabaseFile;
using duckdb::Ledger;
using duckdb::LoadWay;
using duckdb::QuoteText;

/// From here on a second thread is worth its price, a quarter more CPU time: tables below
/// load while others are still extracted, and both wait for the same processors.
constexpr int64_t kSecondThreadRows = int64_t{16} * 122880;
/// The same where nothing else is going on. Row groups are what threads share out.
constexpr int64_t kSecondThreadRowsAlone = int64_t{4} * 122880;

arrow::Status SetMemory(adbc::Connection& connection, const std::string& limit) {
  return connection.Execute("SET memory_limit = " + QuoteText(limit)).status();
}

bool IsMemoryShort(const arrow::Status& status) {
  return !DetailOf(status, duckdb::kMemoryExhausted).empty();
}

// What extraction and a failed attempt have freed but allocators keep.
void GiveBackMemory() {
  BatchMemory()->ReleaseUnused();
  malloc_trim(0);
}

class DuckdbWarehouse final : public Warehouse {
 public:
  DuckdbWarehouse(DuckdbOptions options, duckdb::StatementHook hook)
      : options_(std::move(options)), hook_(std::move(hook)) {}

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
  bool Exists() const;
  arrow::Status Open();
  void Disconnect();
  arrow::Result<LoadResult> Attempt(const LoadRequest& request, int threads,
                                    duckdb::LoadWay way, const std::stop_token& stop);
  arrow::Result<LoadResult> AttemptWith(const std::string& limit,
                                        const LoadRequest& request, duckdb::LoadWay way,
                                        const std::stop_token& stop);
  arrow::Status Commit(const LedgerEntry& entry);
  arrow::Status RefuseForeignTables();

  const DuckdbOptions options_;
  const duckdb::StatementHook hook_;
  std::mutex mutex_;
  // The connection goes before the file it is on.
  std::unique_ptr<DatabaseFile> file_;
  std::unique_ptr<adbc::Connection> connection_;
};

bool DuckdbWarehouse::Exists() const { return DatabaseFile::Exists(options_.path); }

arrow::Status DuckdbWarehouse::Open() {
  if (connection_ != nullptr) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(file_, DatabaseFile::Open(options_));
  auto connection = file_->Connect();
  if (!connection.ok()) {
    file_.reset();
    return connection.status();
  }
  connection_ = *std::move(connection);
  arrow::Status settled = duckdb::SettlePieces(*connection_, options_.schema);
  if (!settled.ok()) Disconnect();
  return settled;
}

void DuckdbWarehouse::Disconnect() {
  connection_.reset();
  file_.reset();
}

arrow::Result<WarehouseInfo> DuckdbWarehouse::Check(const std::stop_token& stop) {
  std::lock_guard lock(mutex_);
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  const std::string version_query = "SELECT library_version FROM pragma_version()";
  WarehouseInfo info{"DuckDB", "", options_.path};
  if (!Exists()) {
    // Looking must not make the file; the library answers without one.
    ARROW_ASSIGN_OR_RAISE(auto memory, duckdb::ConnectInMemory(options_));
    ARROW_ASSIGN_OR_RAISE(auto version, memory->Fetch(version_query));
    info.version = version[0][0].value_or("");
    ARROW_RETURN_NOT_OK(DatabaseFile::CheckFolder(options_));
    return info;
  }
  const bool was_open = connection_ != nullptr;
  ARROW_RETURN_NOT_OK(Open());
  auto version = connection_->Fetch(version_query);
  auto ledger = Ledger(connection_.get(), options_.schema).Read();
  if (!was_open) Disconnect();
  ARROW_RETURN_NOT_OK(version.status());
  ARROW_RETURN_NOT_OK(ledger.status());
  info.version = (*version)[0][0].value_or("");
  return info;
}

arrow::Status DuckdbWarehouse::Setup(const SetupRequest& request,
                                     const std::stop_token& stop) {
  std::lock_guard lock(mutex_);
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  if (!request.dry_run) ARROW_RETURN_NOT_OK(Open());
  if (connection_ != nullptr || !Exists()) {
    return duckdb::SetUp(connection_.get(), options_.schema, request, stop);
  }
  return DatabaseFile::Read(options_, [&](adbc::Connection& connection) {
    return duckdb::SetUp(&connection, options_.schema, request, stop);
  });
}

arrow::Result<std::vector<LedgerRow>> DuckdbWarehouse::ReadLedger() {
  std::lock_guard lock(mutex_);
  std::vector<LedgerEntry> entries;
  auto read = [&](adbc::Connection& connection) {
    return Ledger(&connection, options_.schema).Read().Value(&entries);
  };
  if (connection_ != nullptr) {
    ARROW_RETURN_NOT_OK(read(*connection_));
  } else if (Exists()) {
    ARROW_RETURN_NOT_OK(DatabaseFile::Read(options_, read));
  }
  std::vector<LedgerRow> rows;
  for (LedgerEntry& entry : entries) rows.push_back(std::move(entry.row));
  return rows;
}

arrow::Result<Difference> DuckdbWarehouse::Compare(const LoadRequest& request,
                                                   const std::stop_token& stop) {
  std::lock_guard lock(mutex_);
  Difference difference;
  auto compare = [&](adbc::Connection& connection) {
    auto run = [&] {
      return duckdb::TableComparison(&connection, options_.schema, request)
          .Run(stop)
          .Value(&difference);
    };
    arrow::Status status = run();
    for (const std::string& limit : options_.more_memory) {
      if (!IsMemoryShort(status)) break;
      ARROW_RETURN_NOT_OK(SetMemory(connection, limit));
      status = run();
      ARROW_RETURN_NOT_OK(SetMemory(connection, options_.memory_limit));
    }
    return status;
  };
  if (connection_ != nullptr) {
    arrow::Status status = compare(*connection_);
    // A session that may still be in its transaction is not used again.
    if (!status.ok()) Disconnect();
    ARROW_RETURN_NOT_OK(status);
    return difference;
  }
  if (!Exists()) {
    return MakeError(
        ErrorKind::kNotFound,
        "the warehouse file '" + options_.path + "' is not there: load the tables first",
        {{"path", options_.path}});
  }
  ARROW_RETURN_NOT_OK(DatabaseFile::Read(options_, compare));
  return difference;
}

arrow::Result<LoadResult> DuckdbWarehouse::Apply(const LoadRequest& request,
                                                 const std::stop_token& stop) {
  std::lock_guard lock(mutex_);
  const bool worth_it =
      request.rows >= (request.alone ? kSecondThreadRowsAlone : kSecondThreadRows);
  const int threads = worth_it ? options_.threads : 1;
  arrow::Result<LoadResult> result = Attempt(request, threads, LoadWay::kByRows, stop);
  if (!options_.more_memory.empty() && IsMemoryShort(result.status())) {
    result = AttemptWith(options_.more_memory.front(), request, LoadWay::kByRows, stop);
  }
  if (!IsMemoryShort(result.status())) return result;
  if (request.increment.has_value()) {
    return WholeLoadNeeded(request.table,
                           "its new rows are too large for one transaction in the "
                           "memory that DuckDB may use");
  }
  for (const std::string& limit : options_.more_memory) {
    result = AttemptWith(limit, request, LoadWay::kInPieces, stop);
    if (IsMemoryShort(result.status())) continue;
    if (result.ok() && limit != options_.more_memory.front()) {
      result->warning =
          "loading it took more memory than keelboat takes otherwise: DuckDB had up to " +
          limit +
          "; leave out columns that nobody needs (exclude), or let the process have it";
    }
    return result;
  }
  return result;
}

arrow::Result<LoadResult> DuckdbWarehouse::AttemptWith(const std::string& limit,
                                                       const LoadRequest& request,
                                                       LoadWay way,
                                                       const std::stop_token& stop) {
  GiveBackMemory();
  ARROW_RETURN_NOT_OK(Open());
  ARROW_RETURN_NOT_OK(SetMemory(*connection_, limit));
  arrow::Result<LoadResult> result = Attempt(request, 1, way, stop);
  ARROW_RETURN_NOT_OK(Open());
  ARROW_RETURN_NOT_OK(SetMemory(*connection_, options_.memory_limit));
  return result;
}

arrow::Result<LoadResult> DuckdbWarehouse::Attempt(const LoadRequest& request,
                                                   int threads, LoadWay way,
                                                   const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(Open());
  ARROW_RETURN_NOT_OK(
      connection_->Execute("SET threads = " + std::to_string(threads)).status());
  duckdb::TableLoad load(connection_.get(), options_.schema, request, hook_, way);
  arrow::Result<LoadResult> result = load.Prepare(stop);
  if (!result.ok()) {
    // Closing rolls back, also where a broken file refuses a ROLLBACK, and gives back the
    // space that the rows had taken.
    Disconnect();
    if (load.in_pieces() && Open().ok()) Disconnect();
    return result;
  }
  if (!result->nothing_new) ARROW_RETURN_NOT_OK(Commit(load.entry()));
  return result;
}

arrow::Status DuckdbWarehouse::Commit(const LedgerEntry& entry) {
  arrow::Status status = hook_ ? hook_("COMMIT") : arrow::Status::OK();
  if (status.ok()) status = connection_->Execute("COMMIT").status();
  if (status.ok()) return status;
  // A commit that reports an error may have happened: the ledger knows.
  Disconnect();
  ARROW_RETURN_NOT_OK(Open());
  auto entries = Ledger(connection_.get(), options_.schema).Read();
  if (!entries.ok()) return status;
  for (const LedgerEntry& found : *entries) {
    if (SameLoad(found, entry)) return arrow::Status::OK();
  }
  return status;
}

arrow::Status DuckdbWarehouse::RefuseForeignTables() {
  ARROW_ASSIGN_OR_RAISE(auto entries, Ledger(connection_.get(), options_.schema).Read());
  ARROW_ASSIGN_OR_RAISE(
      auto tables,
      connection_->Fetch("SELECT table_name FROM duckdb_tables() WHERE database_name = "
                         "current_database() AND schema_name = " +
                         QuoteText(options_.schema) + " ORDER BY table_name"));
  for (const adbc::Row& table : tables) {
    if (*table[0] == duckdb::kLedgerTable) continue;
    bool ours = false;
    for (const LedgerEntry& entry : entries) ours |= entry.row.table == *table[0];
    if (ours) continue;
    return MakeError(ErrorKind::kConflict,
                     "the schema " + QuoteName(options_.schema) + " holds the table " +
                         QuoteName(*table[0]) +
                         " that keelboat did not load: move it to " +
                         "another schema; nothing was dropped");
  }
  return arrow::Status::OK();
}

arrow::Status DuckdbWarehouse::DropSchema() {
  std::lock_guard lock(mutex_);
  if (!Exists()) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(Open());
  ARROW_RETURN_NOT_OK(RefuseForeignTables());
  return connection_
      ->Execute("DROP SCHEMA IF EXISTS " + QuoteName(options_.schema) + " CASCADE")
      .status();
}

arrow::Status DuckdbWarehouse::Close() {
  std::lock_guard lock(mutex_);
  Disconnect();
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::unique_ptr<Warehouse>> MakeDuckdbWarehouse(
    DuckdbOptions options, duckdb::StatementHook hook) {
  if (options.schema.empty()) {
    return MakeError(ErrorKind::kConfig, "the warehouse's schema has no name");
  }
  for (const char* reserved : {"information_schema", "pg_catalog"}) {
    if (SameName(options.schema, reserved)) {
      return MakeError(ErrorKind::kConfig, "the schema '" + options.schema +
                                               "' belongs to DuckDB: name another one");
    }
  }
  return std::make_unique<DuckdbWarehouse>(std::move(options), std::move(hook));
}

}  // namespace keelboat
