#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "keelboat/metabase_options.h"

namespace keelboat {

class Source;

/// Where a MySQL or MariaDB database is and how it is read.
struct SourceOptions {
  enum class Tls {
    kDefault,         ///< kPreferred on loopback, kVerifyIdentity elsewhere.
    kVerifyIdentity,  ///< Encrypted; the certificate is trusted and names the host.
    kVerifyCa,        ///< Encrypted; the certificate is trusted.
    kRequired,        ///< Encrypted; any certificate.
    kPreferred,       ///< Encrypted where the server can.
    kDisabled,
  };
  /// What becomes of dates that no calendar has: 0000-00-00, 2023-02-31.
  enum class ZeroDates {
    kFail,  ///< The read fails and names table, column, value and row.
    kNull,  ///< Null; `FetchReader::Warnings` tells how many.
    kText,  ///< Date and time columns are text, as the server prints them.
  };

  std::string host = "127.0.0.1";
  uint16_t port = 3306;
  /// Unix socket; when set, host and port are not used.
  std::string socket;
  std::string user;
  /// Never appears in a message.
  std::string password;
  std::string database;
  Tls tls = Tls::kDefault;
  /// PEM file with the authorities to trust; empty: the machine's own.
  std::string tls_ca;
  ZeroDates zero_dates = ZeroDates::kFail;
  std::chrono::seconds connect_timeout{10};
  /// The longest silence of the server in the middle of an answer.
  std::chrono::seconds read_timeout{600};
};

/// A table as its database describes it. A value.
struct TableDescription {
  /// Field metadata tells the source's own type; nullability is the source's.
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> primary_key;  ///< Column names; empty: none.
  std::string comment;
};

/// \brief A database to read from.
///
/// Thread-safe: calls from several threads at once use connections of their own. Errors
/// are `arrow::Status` with an ErrorKind (keelboat/error.h): kUnavailable, kAuth,
/// kDenied, kNotFound with the nearest names.
class DataSource {
 public:
  /// \brief Makes a source of a MySQL or MariaDB database.
  ///
  /// Does not connect: the first call that needs the server does. kConfig for options
  /// that cannot be meant.
  static arrow::Result<std::shared_ptr<DataSource>> OpenMysql(
      const SourceOptions& options);
  /// \brief Makes a source of a database behind a Metabase server.
  ///
  /// Does not connect, as OpenMysql. One login is shared by all calls; it is ended with
  /// the source.
  static arrow::Result<std::shared_ptr<DataSource>> OpenMetabase(
      const MetabaseOptions& options);
  /// Wraps a source of the library's own making; of no use to others.
  static std::shared_ptr<DataSource> Of(std::unique_ptr<Source> source);
  ~DataSource();
  DataSource(const DataSource&) = delete;
  DataSource& operator=(const DataSource&) = delete;

  /// All base tables of the database, sorted by name.
  arrow::Result<std::vector<std::string>> ListTables(const std::stop_token& stop = {});
  /// Describes one table.
  arrow::Result<TableDescription> DescribeTable(const std::string& table,
                                                const std::stop_token& stop = {});

  /// \brief Connects, logs in and says what is there, for programs.
  ///
  /// "product", "version", "endpoint", "user"; of Metabase also "database_id".
  arrow::Result<std::map<std::string, std::string>> Check(
      const std::stop_token& stop = {});
  /// \brief The SQL that it speaks, for BindQuery: "mysql", "clickhouse", "postgres" …
  ///
  /// May ask the server.
  arrow::Result<std::string> Dialect(const std::stop_token& stop = {});

  /// The library's own side of it; of no use to others.
  Source& implementation() { return *source_; }

 private:
  explicit DataSource(std::unique_ptr<Source> source);
  std::unique_ptr<Source> source_;
};

}  // namespace keelboat
