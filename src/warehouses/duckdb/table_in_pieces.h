#pragma once

#include <string>
#include <vector>

#include <arrow/status.h>

#include "warehouses/adbc.h"
#include "warehouses/duckdb/column_types.h"
#include "warehouses/duckdb/load_session.h"

namespace keelboat::duckdb {

/// The table that is filled in pieces, beside the one whose place it takes.
inline constexpr const char* kPiecesTable = "_keelboat_pieces";

/// The comment of the column kLoadedAtColumn in a table that was loaded in pieces.
std::string PiecesComment();

/// \brief A table that is filled by small transactions of its own, out of its readers'
/// sight, and put in its place by one more.
///
/// DuckDB holds 2,048 values of a column at once when it writes a row group, however
/// large they are. Each piece becomes a row group of its own, with fewer rows. Used once,
/// by one thread. Borrows the session.
class TableInPieces {
 public:
  TableInPieces(LoadSession* session, const std::string& schema);

  /// Before the transaction: makes the table with the rows of `selects`, queries over the
  /// lake's columns. What a failure leaves goes with `SettlePieces`.
  arrow::Status Fill(const std::vector<Column>& columns,
                     const std::vector<std::string>& selects);
  /// Inside the transaction: puts it in the place of the session's target.
  arrow::Status Publish(const std::string& table);

 private:
  LoadSession& session_;
  const std::string& schema_;
  std::string target_;
};

/// \brief Makes a session safe for tables that were loaded in pieces.
///
/// Drops what a load that was cut short has left, and, where there is such a table, keeps
/// checkpoints from merging its row groups, which would take the memory that the pieces
/// saved and, when it is short, end the session.
arrow::Status SettlePieces(adbc::Connection& connection, const std::string& schema);

}  // namespace keelboat::duckdb
