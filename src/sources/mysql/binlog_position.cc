#include "sources/mysql/binlog_position.h"

#include <utility>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

// The first cell of the first row; empty for null, no rows, and where the server does
// not know what is asked or does not let us ask.
arrow::Result<std::string> Ask(Connection* connection, const std::string& question) {
  auto rows = connection->Query(question);
  if (!rows.ok()) {
    if (connection->lost()) return rows.status();
    return "";
  }
  if (rows->empty() || rows->front().empty()) return "";
  return rows->front().front().value_or("");
}

// A row of SHOW MASTER STATUS; MySQL 8.4 has renamed the statement. Empty where the
// right is missing or there is no binary log.
Connection::Row MasterStatus(Connection* connection) {
  for (const char* text : {"SHOW MASTER STATUS", "SHOW BINARY LOG STATUS"}) {
    auto rows = connection->Query(text);
    if (rows.ok()) return rows->empty() ? Connection::Row() : rows->front();
    if (connection->lost() || KindOf(rows.status()) == ErrorKind::kDenied) break;
  }
  return {};
}

}  // namespace

arrow::Result<ProofAbility> FindProof(Connection* connection) {
  ARROW_ASSIGN_OR_RAISE(std::string logs, Ask(connection, "SELECT @@global.log_bin"));
  if (logs != "1") return ProofAbility{MomentProof::kNone, "the binary log is off"};
  // Filters keep transactions out of the log; without the right to ask there are none.
  Connection::Row status = MasterStatus(connection);
  bool filtered = false;
  for (std::size_t i = 2; i < status.size() && i < 4; ++i) {
    filtered |= !status[i].value_or("").empty();
  }
  if (filtered) {
    return ProofAbility{MomentProof::kNone,
                        "the binary log leaves out some databases (binlog-do-db, "
                        "binlog-ignore-db)"};
  }
  // A status variable that every view has of its own; MySQL lacks it.
  ARROW_ASSIGN_OR_RAISE(std::string variable,
                        Ask(connection, "SHOW STATUS LIKE 'Binlog_snapshot_file'"));
  if (!variable.empty()) {
    ARROW_ASSIGN_OR_RAISE(
        std::string unlogged,
        Ask(connection,
            "SELECT @@global.log_slave_updates = 0 AND @@global.gtid_slave_pos <> ''"));
    if (unlogged != "1") return ProofAbility{MomentProof::kViewPosition, ""};
    return ProofAbility{MomentProof::kNone,
                        "this replica does not log what it replicates "
                        "(log_slave_updates is off)"};
  }
  ARROW_ASSIGN_OR_RAISE(std::string mode, Ask(connection, "SELECT @@global.gtid_mode"));
  if (mode == "ON") return ProofAbility{MomentProof::kGtid, ""};
  return ProofAbility{MomentProof::kNone,
                      "gtid_mode is not ON, and without it this server does not show "
                      "which transactions a view holds"};
}

arrow::Result<std::string> ViewPosition(Connection* connection) {
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        connection->Query("SHOW STATUS LIKE 'Binlog_snapshot_%'"));
  std::string file;
  std::string position;
  for (const auto& row : rows) {
    if (row.size() < 2) continue;
    if (row[0].value_or("") == "Binlog_snapshot_file") file = row[1].value_or("");
    if (row[0].value_or("") == "Binlog_snapshot_position") position = row[1].value_or("");
  }
  if (file.empty()) return "";
  return file + ":" + position;
}

arrow::Result<QuietGtids> GtidsBefore(Connection* connection) {
  QuietGtids gtids;
  // In this order: what ends in between counts as on its way.
  ARROW_ASSIGN_OR_RAISE(gtids.executed, Ask(connection, "SELECT @@global.gtid_executed"));
  ARROW_ASSIGN_OR_RAISE(std::string owned, Ask(connection, "SELECT @@global.gtid_owned"));
  gtids.quiet = owned.empty();
  return gtids;
}

arrow::Result<QuietGtids> GtidsAfter(Connection* connection) {
  QuietGtids gtids;
  ARROW_ASSIGN_OR_RAISE(std::string owned, Ask(connection, "SELECT @@global.gtid_owned"));
  ARROW_ASSIGN_OR_RAISE(gtids.executed, Ask(connection, "SELECT @@global.gtid_executed"));
  gtids.quiet = owned.empty();
  return gtids;
}

std::string ServerPosition(Connection* connection) {
  Connection::Row status = MasterStatus(connection);
  if (status.size() < 2 || !status[0] || !status[1]) return "";
  return *status[0] + ":" + *status[1];
}

std::string ServerGtid(Connection* connection) {
  const char* question = mariadb_connection(connection->handle()) != 0
                             ? "SELECT @@global.gtid_binlog_pos"
                             : "SELECT @@global.gtid_executed";
  return Ask(connection, question).ValueOr("");
}

}  // namespace keelboat::mysql
