#include "sources/mysql/view_opening.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <utility>

#include "core/clock.h"
#include "core/stop.h"
#include "keelboat/error.h"
#include "sources/mysql/binlog_position.h"
#include "sources/mysql/statement_text.h"
#include "sources/mysql/write_lock.h"

namespace keelboat::mysql {
namespace {

// Under any other isolation the server takes no snapshot, and does not say so loudly.
// Nor may it end a session that waits for its turn.
constexpr const char* kSetup[] = {
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION wait_timeout = 604800",
};
constexpr const char* kMariadbSetup =
    "SET SESSION idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0";
constexpr const char* kStart = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
constexpr std::chrono::milliseconds kAgreePatience(3000);
constexpr int kMostAttempts = 60;

using Connections = std::vector<std::unique_ptr<Connection>>;

bool TakesNoMore(const arrow::Status& status) {
  // Of the server, of the user at one time, of the user within an hour.
  const std::string number = DetailOf(status, "errno");
  return number == "1040" || number == "1203" || number == "1226";
}

arrow::Status PrepareSession(Connection* connection) {
  for (const char* statement : kSetup) {
    ARROW_RETURN_NOT_OK(connection->Execute(statement));
  }
  if (mariadb_connection(connection->handle()) == 0) return arrow::Status::OK();
  // Servers before 10.3 know no such limit.
  arrow::Status status = connection->Execute(kMariadbSetup);
  return connection->lost() ? status : arrow::Status::OK();
}

// Opens a view on every connection, as close to one moment as the network allows.
arrow::Status StartAll(const Connections& connections) {
  arrow::Status first;
  std::size_t sent = 0;
  for (; sent < connections.size() && first.ok(); ++sent) {
    first = connections[sent]->Send(kStart);
  }
  if (!first.ok()) --sent;
  for (std::size_t i = 0; i < sent; ++i) {
    arrow::Status status = connections[i]->Receive();
    if (first.ok()) first = std::move(status);
  }
  return first;
}

std::string Plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

class Opening {
 public:
  Opening(std::unique_ptr<Connection> first, int connections)
      : options_(first->options()), stop_(first->stop()) {
    views_.at_once = connections;
    views_.connections.push_back(std::move(first));
  }

  arrow::Result<OpenedViews> Open() {
    if (auto status = StartFirst(); !status.ok()) {
      if (connections().front()->lost()) return status;
      Note("the server opens no views of one moment: " + status.message());
      connections().clear();
      return std::move(views_);
    }
    ARROW_ASSIGN_OR_RAISE(proof_, FindProof(connections().front().get()));
    ARROW_RETURN_NOT_OK(NoteTablesWithoutViews());
    ARROW_RETURN_NOT_OK(Connect());
    ARROW_ASSIGN_OR_RAISE(bool agreed, Agree());
    if (!agreed) {
      ARROW_ASSIGN_OR_RAISE(agreed, AgreeUnderLock());
    }
    if (!agreed) agreed = KeepThoseThatAgree();
    if (!agreed) ARROW_RETURN_NOT_OK(KeepOne());
    ARROW_ASSIGN_OR_RAISE(
        auto rows, connections().front()->Query("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)"));
    views_.info.taken_at = rows.at(0).at(0).value_or("");
    return std::move(views_);
  }

 private:
  Connections& connections() { return views_.connections; }
  void Note(const std::string& note) {
    views_.info.note += (views_.info.note.empty() ? "" : "; ") + note;
  }
  void SetPosition(const std::string& position, const std::string& gtid) {
    views_.info.position = position;
    if (gtid.empty()) return;
    views_.info.position += (position.empty() ? "gtid " : " gtid ") + gtid;
  }

  arrow::Status StartFirst() {
    ARROW_RETURN_NOT_OK(PrepareSession(connections().front().get()));
    ARROW_RETURN_NOT_OK(connections().front()->Execute(kStart));
    if (connections().front()->in_transaction()) return arrow::Status::OK();
    return MakeError(ErrorKind::kUnsupported, "it does not keep the transaction open");
  }

  arrow::Status NoteTablesWithoutViews() {
    ARROW_ASSIGN_OR_RAISE(
        auto rows,
        connections().front()->Query(
            "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES WHERE "
            "TABLE_SCHEMA = " +
            QuoteLiteral(options_.database) +
            " AND TABLE_TYPE = 'BASE TABLE' AND UPPER(ENGINE) NOT IN ('INNODB', "
            "'ROCKSDB', 'TOKUDB') ORDER BY TABLE_NAME"));
    if (rows.empty()) return arrow::Status::OK();
    constexpr std::size_t kNamed = 5;
    std::string names;
    for (std::size_t i = 0; i < rows.size() && i < kNamed; ++i) {
      names += (i == 0 ? "" : ", ") + rows[i].at(0).value_or("") + " (" +
               rows[i].at(1).value_or("") + ")";
    }
    if (rows.size() > kNamed) names += ", …";
    Note(Plural(rows.size(), "table") +
         " without transactions: each read of them sees its own moment: " + names);
    return arrow::Status::OK();
  }

  // The other connections and the spares; fewer where the server takes no more.
  arrow::Status Connect() {
    const int wanted = views_.at_once + std::max(1, views_.at_once / 2);
    while (static_cast<int>(connections().size()) < wanted) {
      auto next = Connection::Open(options_, stop_);
      if (!next.ok()) {
        if (!TakesNoMore(next.status())) return next.status();
        // Others need a place too: to end a query of ours, say.
        if (connections().size() > 1) connections().pop_back();
        Note("the server takes no more connections: " +
             std::to_string(connections().size()) + " instead of " +
             std::to_string(wanted) + " with spares");
        break;
      }
      ARROW_RETURN_NOT_OK(PrepareSession(next->get()));
      connections().push_back(std::move(*next));
    }
    return arrow::Status::OK();
  }

  // Opens views until the server shows that they are of one moment.
  arrow::Result<bool> Agree() {
    if (proof_.proof == MomentProof::kNone) {
      Note("no proof without a lock: " + proof_.reason);
      return false;
    }
    std::minstd_rand random(std::random_device{}());
    auto deadline = std::chrono::steady_clock::now() + kAgreePatience;
    for (int attempt = 1; attempt <= kMostAttempts; ++attempt) {
      ARROW_ASSIGN_OR_RAISE(bool agreed, TryOnce());
      if (agreed) {
        views_.info.consistency = Consistency::kSnapshot;
        return true;
      }
      if (std::chrono::steady_clock::now() >= deadline) break;
      // Not in step with a writer that commits regularly.
      std::uniform_int_distribution<int> pause(0, std::min(5 * attempt, 100));
      Clock::System().SleepFor(std::chrono::milliseconds(pause(random)), stop_);
      ARROW_RETURN_NOT_OK(CheckStop(stop_));
    }
    Note(
        "no proof without a lock: transactions were committed in between, again and "
        "again");
    return false;
  }

  arrow::Result<bool> TryOnce() {
    Connection* first = connections().front().get();
    if (proof_.proof == MomentProof::kGtid) {
      ARROW_ASSIGN_OR_RAISE(QuietGtids before, GtidsBefore(first));
      if (!before.quiet) return false;
      ARROW_RETURN_NOT_OK(StartAll(connections()));
      const std::string position = ServerPosition(first);
      ARROW_ASSIGN_OR_RAISE(QuietGtids after, GtidsAfter(first));
      if (!after.quiet || before.executed != after.executed) return false;
      SetPosition(position, after.executed);
      return true;
    }
    const std::string gtid_before = ServerGtid(first);
    ARROW_RETURN_NOT_OK(StartAll(connections()));
    const std::string gtid_after = ServerGtid(first);
    positions_.clear();
    for (auto& connection : connections()) {
      ARROW_ASSIGN_OR_RAISE(auto position, ViewPosition(connection.get()));
      positions_.push_back(std::move(position));
    }
    const std::string& position = positions_.front();
    bool agreed =
        !position.empty() && std::all_of(positions_.begin(), positions_.end(),
                                         [&](const auto& p) { return p == position; });
    if (agreed) SetPosition(position, gtid_before == gtid_after ? gtid_after : "");
    return agreed;
  }

  arrow::Result<bool> AgreeUnderLock() {
    // One reader needs no lock; it only has no spare then.
    if (views_.at_once == 1 || connections().size() == 1) return false;
    auto lock = WriteLock::Take(options_, stop_);
    if (!lock.ok()) {
      ARROW_RETURN_NOT_OK(CheckStop(stop_));
      Note("no lock: " + lock.status().message());
      return false;
    }
    ARROW_RETURN_NOT_OK(StartAll(connections()));
    Connection* first = connections().front().get();
    std::string position;
    if (proof_.proof == MomentProof::kViewPosition) {
      ARROW_ASSIGN_OR_RAISE(position, ViewPosition(first));
    } else {
      position = ServerPosition(first);
    }
    const std::string gtid = ServerGtid(first);
    if (arrow::Status status = (*lock)->Release(); !status.ok()) {
      ARROW_RETURN_NOT_OK(CheckStop(stop_));
      Note("no lock: it did not hold: " + status.message());
      return false;
    }
    SetPosition(position, gtid);
    views_.info.consistency = Consistency::kLocked;
    return true;
  }

  // The most connections that the last attempt found to be of one moment.
  bool KeepThoseThatAgree() {
    std::map<std::string, std::size_t> sizes;
    for (const std::string& position : positions_) ++sizes[position];
    sizes.erase("");
    auto best = std::max_element(
        sizes.begin(), sizes.end(),
        [](const auto& left, const auto& right) { return left.second < right.second; });
    // Under a lock that did not hold all have been opened anew.
    if (best == sizes.end() || best->second < 2) return false;
    for (std::size_t i = 0; i < positions_.size(); ++i) {
      auto position = ViewPosition(connections()[i].get());
      if (!position.ok() || *position != positions_[i]) return false;
    }
    Connections kept;
    for (std::size_t i = 0; i < positions_.size(); ++i) {
      if (positions_[i] == best->first) kept.push_back(std::move(connections()[i]));
    }
    Note(Plural(kept.size(), "connection") + " of " +
         std::to_string(connections().size()) +
         " see the same moment, the others are "
         "not used");
    connections() = std::move(kept);
    SetPosition(best->first, "");
    views_.info.consistency = Consistency::kSnapshot;
    return true;
  }

  arrow::Status KeepOne() {
    connections().resize(1);
    ARROW_RETURN_NOT_OK(StartAll(connections()));
    if (proof_.proof == MomentProof::kViewPosition) {
      ARROW_ASSIGN_OR_RAISE(auto position, ViewPosition(connections().front().get()));
      SetPosition(position, "");
    }
    views_.info.consistency = Consistency::kCursor;
    return arrow::Status::OK();
  }

  const MysqlOptions options_;
  const std::stop_token stop_;
  OpenedViews views_;
  ProofAbility proof_;
  std::vector<std::string> positions_;  // Of the views, after the last attempt.
};

}  // namespace

arrow::Result<OpenedViews> OpenViews(std::unique_ptr<Connection> first, int connections) {
  return Opening(std::move(first), connections).Open();
}

}  // namespace keelboat::mysql
