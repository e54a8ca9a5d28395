#include "warehouses/duckdb/setup.h"

#include <optional>
#include <utility>
#include <vector>

#include "core/stop.h"
#include "keelboat/error.h"
#include "warehouses/duckdb/existing_table.h"
#include "warehouses/duckdb/ledger.h"
#include "warehouses/duckdb/sql_text.h"
#include "warehouses/duckdb/table_making.h"
#include "warehouses/setup_statements.h"
#include "warehouses/taken_name.h"

namespace keelboat::duckdb {
namespace {

class Setup {
 public:
  Setup(adbc::Connection* connection, const std::string& schema,
        const SetupRequest& request, const std::stop_token& stop)
      : connection_(connection), schema_(schema), request_(request), stop_(stop) {}

  arrow::Status Run() {
    const auto statements = Ledger(nullptr, schema_).CreateStatements();
    ARROW_RETURN_NOT_OK(MakeSchema(schema_, statements[0]));
    for (const std::string& schema : request_.schemas) {
      if (SameName(schema, schema_)) continue;
      ARROW_RETURN_NOT_OK(
          MakeSchema(schema, "CREATE SCHEMA IF NOT EXISTS " + QuoteName(schema)));
    }
    ARROW_ASSIGN_OR_RAISE(
        const bool has_ledger,
        Finds("duckdb_tables()",
              InSchema(schema_) + " AND table_name = " + QuoteText(kLedgerTable)));
    ARROW_RETURN_NOT_OK(
        Step("ledger " + QuoteTable(schema_, kLedgerTable), {statements[1]}, has_ledger));
    for (const TableDraft& draft : request_.tables) {
      ARROW_RETURN_NOT_OK(MakeTable(draft));
    }
    return arrow::Status::OK();
  }

 private:
  static std::string InSchema(const std::string& schema) {
    return "lower(schema_name) = lower(" + QuoteText(schema) + ")";
  }

  arrow::Result<bool> Finds(const std::string& catalog, const std::string& condition) {
    if (connection_ == nullptr) return false;
    ARROW_ASSIGN_OR_RAISE(
        auto found,
        connection_->Fetch("SELECT count(*) FROM " + catalog +
                           " WHERE database_name = current_database() AND " + condition));
    return found[0][0] != "0";
  }

  arrow::Status Step(const std::string& what, const std::vector<std::string>& statements,
                     bool existed) {
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    if (!existed && !request_.dry_run) {
      for (const std::string& sql : statements) {
        ARROW_RETURN_NOT_OK(
            AddContext(connection_->Execute(sql).status(), "making the " + what));
      }
    }
    request_.Tell({what, Joined(statements), existed});
    return arrow::Status::OK();
  }

  arrow::Status MakeSchema(const std::string& schema, const std::string& sql) {
    ARROW_ASSIGN_OR_RAISE(const bool is_there,
                          Finds("duckdb_schemas()", InSchema(schema)));
    return Step("schema " + QuoteName(schema), {sql}, is_there);
  }

  arrow::Status MakeTable(const TableDraft& draft) {
    const std::string target = QuoteTable(schema_, draft.table);
    const std::string what = "table " + target;
    arrow::Status wrong = CheckTableName(draft.table);
    auto columns = TableColumns(*draft.schema);
    if (wrong.ok()) wrong = columns.status();
    std::optional<ExistingTable> existing;
    if (connection_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(existing,
                            ReadExistingTable(*connection_, schema_, draft.table));
    }
    if (wrong.ok() && existing.has_value() &&
        (existing->is_view || !existing->LooksOurs())) {
      wrong = NotOurs(QuoteTable(schema_, existing->name), existing->is_view);
    }
    if (!wrong.ok()) {
      request_.Tell({what, "", existing.has_value(), wrong});
      return arrow::Status::OK();
    }
    ARROW_RETURN_NOT_OK(
        Step(what, {CreateStatement(target, *columns)}, existing.has_value()));
    if (existing.has_value()) {
      existing = WithoutOtherComments(*std::move(existing), draft, *columns);
    }
    const auto comments = CommentStatements(target, draft.description, *columns,
                                            existing.has_value() ? &*existing : nullptr);
    return Step("comments of " + what, comments, comments.empty());
  }

  adbc::Connection* connection_;
  const std::string& schema_;
  const SetupRequest& request_;
  const std::stop_token& stop_;
};

}  // namespace

arrow::Status SetUp(adbc::Connection* connection, const std::string& schema,
                    const SetupRequest& request, const std::stop_token& stop) {
  return Setup(connection, schema, request, stop).Run();
}

}  // namespace keelboat::duckdb
