#include "sources/mysql/mysql_source.h"

#include <charconv>
#include <optional>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/clock.h"
#include "core/field_metadata.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/mysql/catalog.h"
#include "sources/mysql/idle_connections.h"
#include "sources/mysql/lent_connection.h"
#include "sources/mysql/mysql_reader.h"
#include "sources/mysql/mysql_snapshot.h"
#include "sources/mysql/query_description.h"
#include "sources/mysql/query_kill.h"
#include "sources/mysql/query_text.h"
#include "sources/mysql/relation_split.h"
#include "sources/mysql/statement_text.h"

namespace keelboat {
namespace {

constexpr const char* kAccessDeniedToDatabase = "1044";

using mysql::ConnectionPtr;
using mysql::IdleConnections;

// This machine's clock less the server's, whose time is `seconds` since 1970.
std::optional<std::chrono::seconds> AheadOf(const std::string& seconds) {
  int64_t there = 0;
  const char* end = seconds.data() + seconds.size();
  const auto [stopped, error] = std::from_chars(seconds.data(), end, there);
  if (error != std::errc() || stopped != end) return std::nullopt;
  const auto here = Clock::System().Now().time_since_epoch();
  return std::chrono::floor<std::chrono::seconds>(here) - std::chrono::seconds(there);
}

class MysqlSource final : public Source {
 public:
  explicit MysqlSource(MysqlOptions options)
      : options_(std::move(options)), connections_(IdleConnections::Make(options_)) {}

  const std::string& name() const override { return options_.name; }
  arrow::Result<std::string> Dialect(const std::stop_token& /*stop*/) override {
    return "mysql";
  }

  arrow::Result<SourceInfo> Check(const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, Connect(stop));
    ARROW_ASSIGN_OR_RAISE(auto rows, connection->Query("SELECT VERSION(), USER(), "
                                                       "UNIX_TIMESTAMP()"));
    SourceInfo info;
    info.version = rows.at(0).at(0).value_or("");
    info.user = rows.at(0).at(1).value_or("");
    info.clock_ahead = AheadOf(rows.at(0).at(2).value_or(""));
    bool is_mariadb = info.version.find("MariaDB") != std::string::npos;
    info.product = is_mariadb ? "MariaDB" : "MySQL";
    info.endpoint = EndpointOf(options_);
    info.tls = mysql_get_ssl_cipher(connection->handle()) != nullptr;
    if (info.tls) {
      const char* version = nullptr;
      mariadb_get_infov(connection->handle(), MARIADB_CONNECTION_TLS_VERSION, &version);
      if (version != nullptr) info.tls_version = version;
    }
    return info;
  }

  arrow::Result<std::vector<std::string>> ListTables(
      const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, Connect(stop));
    return mysql::ListTables(connection.get());
  }

  arrow::Result<Relation> DescribeTable(const std::string& table,
                                        const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, Connect(stop));
    return mysql::DescribeTable(std::move(connection), table);
  }

  arrow::Result<int64_t> CountDuplicates(const std::string& table,
                                         const std::vector<std::string>& columns,
                                         const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(Relation relation, DescribeTable(table, stop));
    std::vector<mysql::KeyColumn> keys;
    for (const std::string& column : columns) {
      auto field = relation.schema->GetFieldByName(column);
      if (field == nullptr) {
        return MakeError(ErrorKind::kNotFound,
                         "column " + column + " does not exist in table " + table +
                             DidYouMean(column, relation.schema->field_names()),
                         {{"table", table}, {"column", column}});
      }
      auto declared = field->metadata()->Get(kSourceTypeKey).ValueOr("");
      keys.push_back({column, mysql::CompareOf(declared)});
    }
    if (keys.empty()) {
      return MakeError(ErrorKind::kInternal, "no columns to look for duplicates in");
    }
    ARROW_ASSIGN_OR_RAISE(auto connection, Connect(stop));
    const std::string tag = mysql::NewTag();
    auto answer = connection->Query(
        mysql::CountDuplicatesText(options_.database, relation.table, keys, tag), table);
    if (!answer.ok() && mysql::MayStillRun(answer.status())) {
      mysql::KillQuery(options_, connection->id(), tag);
    }
    ARROW_ASSIGN_OR_RAISE(auto rows, std::move(answer));
    std::string text = rows.at(0).at(0).value_or("0");
    int64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
  }

  arrow::Result<std::shared_ptr<SourceReader>> Read(
      const Relation& relation, const Partition& partition,
      const std::stop_token& stop) override {
    return mysql::MysqlReader::Open(options_, relation, partition, stop);
  }

  arrow::Result<Relation> DescribeQuery(const std::string& sql,
                                        const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, Connect(stop));
    return mysql::DescribeQuery(std::move(connection), sql);
  }

  arrow::Result<Split> SplitRelation(const Relation& relation,
                                     const SplitRequest& request,
                                     const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, Connect(stop));
    auto split = mysql::SplitRelation(connection.get(), relation, request);
    if (split.ok()) return split;
    return AddContext(split.status(),
                      "cutting " +
                          (relation.table.empty() ? std::string("a query")
                                                  : "table " + relation.table) +
                          " into pieces");
  }

  arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
      const SnapshotRequest& request, const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, Connect(stop));
    return mysql::OpenSnapshot(std::move(connection), connections_, request);
  }

 private:
  arrow::Result<ConnectionPtr> Connect(const std::stop_token& stop) {
    auto connection = connections_->Lend(stop);
    if (connection.ok()) return connection;
    const arrow::Status& status = connection.status();
    // A user without any right on a database is not told whether there is one.
    const bool missing = KindOf(status) == ErrorKind::kNotFound ||
                         DetailOf(status, "errno") == kAccessDeniedToDatabase;
    return missing ? mysql::MissingDatabase(options_, status, stop) : status;
  }

  const MysqlOptions options_;
  const std::shared_ptr<IdleConnections> connections_;
};

}  // namespace

arrow::Result<std::unique_ptr<Source>> MakeMysqlSource(MysqlOptions options) {
  auto require = [&](bool holds, const char* what) {
    if (holds) return arrow::Status::OK();
    return MakeError(ErrorKind::kConfig, "source " + options.name + " needs " + what);
  };
  ARROW_RETURN_NOT_OK(require(!options.database.empty(), "a database"));
  ARROW_RETURN_NOT_OK(require(!options.user.empty(), "a user"));
  ARROW_RETURN_NOT_OK(
      require(!options.socket.empty() || !options.host.empty(), "a host or a socket"));
  ARROW_RETURN_NOT_OK(require(options.connect_timeout.count() > 0,
                              "a connect_timeout of a second or more"));
  ARROW_RETURN_NOT_OK(
      require(options.read_timeout.count() > 0, "a read_timeout of a second or more"));
  ARROW_RETURN_NOT_OK(require(options.statement_timeout.count() >= 0,
                              "a statement_timeout of a second or more"));
  ARROW_RETURN_NOT_OK(require(options.tls_cert.empty() == options.tls_key.empty(),
                              "both tls_cert and tls_key, or neither"));
  return std::make_unique<MysqlSource>(std::move(options));
}

}  // namespace keelboat
