#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/mysql/connection.h"

namespace keelboat::mysql {

/// How a server can show that views on several connections are of one moment.
enum class MomentProof {
  kViewPosition,  ///< Every view knows its place in the binary log (MariaDB, Percona).
  kGtid,          ///< No transaction was on its way before the first and after the last.
  kNone,
};

/// What a server can show, and where it cannot, why.
struct ProofAbility {
  MomentProof proof = MomentProof::kNone;
  std::string reason;
};

/// Finds out what the server can show. Needs no rights.
arrow::Result<ProofAbility> FindProof(Connection* connection);

/// \brief The place in the binary log that this connection's view was opened at.
///
/// "mysql-bin.000003:4711"; only inside a view, on servers with kViewPosition.
arrow::Result<std::string> ViewPosition(Connection* connection);

/// \brief Transactions that are committed, as GTIDs, or nothing where some are on their
/// way.
///
/// A transaction is owned from before it can be seen until it counts as executed: when
/// none is owned and the executed ones are the same before the first view was opened and
/// after the last, none became visible in between.
struct QuietGtids {
  std::string executed;
  bool quiet = false;
};
/// Before the views are opened.
arrow::Result<QuietGtids> GtidsBefore(Connection* connection);
/// After they are.
arrow::Result<QuietGtids> GtidsAfter(Connection* connection);

/// The server's own account of its place in the binary log, where it may be asked:
/// "mysql-bin.000003:4711"; otherwise empty.
std::string ServerPosition(Connection* connection);
/// "0-1-42" on MariaDB, a GTID set on MySQL; empty where there is none.
std::string ServerGtid(Connection* connection);

}  // namespace keelboat::mysql
