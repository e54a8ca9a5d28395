#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace keelboat {

/// How a connection to MySQL is protected.
enum class MysqlTlsMode {
  kVerifyIdentity,  ///< Encrypted; the certificate is trusted and names the host.
  kVerifyCa,        ///< Encrypted; the certificate is trusted.
  kRequired,        ///< Encrypted; any certificate.
  kPreferred,       ///< Encrypted where the server can.
  kDisabled,
};

/// What becomes of dates that no calendar has: 0000-00-00, 2024-00-15, 2023-02-31.
enum class MysqlZeroDates {
  kFail,  ///< The read fails and names table, column, value and row.
  kNull,  ///< Null, counted per column in `SourceReader::Warnings`.
  kText,  ///< Date, datetime and timestamp columns are text, as the server prints them.
};

/// Where a MySQL or MariaDB database is and how it is read.
struct MysqlOptions {
  /// The source's name in the configuration; appears in messages.
  std::string name;
  std::string host = "127.0.0.1";
  uint16_t port = 3306;
  /// Unix socket; when set, host and port are not used.
  std::string socket;
  std::string user;
  /// Never appears in a message.
  std::string password;
  std::string database;
  /// Unset: preferred on loopback, verify_identity elsewhere. A Unix socket does not
  /// leave the machine: it is used as it is, whatever the mode.
  std::optional<MysqlTlsMode> tls;
  /// PEM file with the authorities to trust; empty: the machine's own.
  std::string tls_ca;
  /// PEM files with a certificate that the server asks of its clients, and its key;
  /// both or neither.
  std::string tls_cert;
  std::string tls_key;
  MysqlZeroDates zero_dates = MysqlZeroDates::kFail;
  std::chrono::seconds connect_timeout{10};
  /// The longest silence of the server in the middle of an answer.
  std::chrono::seconds read_timeout{600};
  /// The longest that the server may work on one statement; 0: as the server is set up.
  /// MariaDB counts the time that it takes to send the rows, too.
  std::chrono::seconds statement_timeout{0};
  /// Whether to compress what is sent; unset: elsewhere than on loopback.
  std::optional<bool> compress;
};

/// The mode that holds: `options.tls`, or the default for where the server is.
MysqlTlsMode EffectiveTls(const MysqlOptions& options);

/// Whether the server is on this machine: a Unix socket or a loopback address.
bool IsLocal(const MysqlOptions& options);

/// Whether to compress: `options.compress`, or the default for where the server is.
bool EffectiveCompress(const MysqlOptions& options);

/// "127.0.0.1:3306/olist" or "/run/mysqld.sock/olist".
std::string EndpointOf(const MysqlOptions& options);

}  // namespace keelboat
