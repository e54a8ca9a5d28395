#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <arrow/result.h>

#include "app/secret.h"

namespace keelboat {

inline constexpr const char* kProjectFile = "keelboat.yaml";
inline constexpr const char* kDotenvFile = ".env";
/// The environment's name where none is defined.
inline constexpr const char* kDefaultEnvironment = "default";

/// How a connection to MySQL is protected.
enum class TlsMode {
  kVerifyIdentity,  ///< Encrypted; the certificate is trusted and names the host.
  kVerifyCa,        ///< Encrypted; the certificate is trusted.
  kRequired,        ///< Encrypted; any certificate.
  kPreferred,       ///< Encrypted where the server can.
  kDisabled,
};
/// What a zero date (0000-00-00) becomes.
enum class ZeroDates { kFail, kNull, kText };

/// A MySQL or MariaDB server. Durations below one second do not occur.
struct MysqlSettings {
  std::string host = "127.0.0.1";
  uint16_t port = 3306;
  std::string socket;  ///< Unix socket; when set, host and port are not used.
  std::string user;    ///< Never empty.
  Secret password;
  std::string database;          ///< Never empty.
  std::optional<TlsMode> tls;    ///< Unset: preferred on loopback, else verify_identity.
  std::filesystem::path tls_ca;  ///< PEM file; empty: the machine's own authorities.
  std::filesystem::path tls_cert;  ///< PEM file that the server asks of its clients.
  std::filesystem::path tls_key;   ///< Its key; both or neither.
  ZeroDates zero_dates = ZeroDates::kFail;
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds read_timeout{600};
  std::chrono::seconds statement_timeout{0};  ///< 0: as the server is set up.
  std::optional<bool> compress;               ///< Unset: elsewhere than on loopback.
};

/// A Metabase server. Durations below one second do not occur.
struct MetabaseSettings {
  std::string url;  ///< Never empty.
  std::string username;
  Secret password;
  Secret api_key;                  ///< Either this or username and password.
  std::string database;            ///< Name or id; empty: the only one.
  std::filesystem::path tls_ca;    ///< PEM file; empty: the machine's own authorities.
  std::optional<bool> tls_verify;  ///< Unset: elsewhere than on loopback.
  Secret proxy;          ///< May hold a password; by default from the environment.
  std::string no_proxy;  ///< Hosts reached without it; likewise.
  std::optional<int> connections;  ///< Unset: 4, or as many as somebody reads on.
  bool compress = false;
  int retries = 3;  ///< Of a question that failed for now.
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds read_timeout{25 * 60};
};

struct SourceConfig {
  std::string name;
  std::variant<MysqlSettings, MetabaseSettings> settings;
  std::string place;  ///< "keelboat.yaml:4", for messages.
};

/// Tables of one source that the project moves.
struct TableGroup {
  std::string from;  ///< A key of `sources`.
  /// table_metadata.json, absolute; empty: every table of the source, in full.
  std::filesystem::path metadata;
  /// Folder with <table>.json contracts, absolute; empty: no contracts.
  std::filesystem::path contracts;
  std::string place;
};

enum class LakeKind { kLocal, kS3 };
/// How a bucket is named in a request: as S3Addressing.
enum class BucketAddressing { kAuto, kPath, kVirtual };

/// Where AWS's own programs look for keys, where the configuration has none: as
/// s3::KeyPlaces.
struct AwsPlaces {
  std::string credentials_file;
  std::string config_file;
  std::string container_url;
  Secret container_authorization;
  std::string container_token_file;
  std::string metadata_url;
  std::string web_identity_file;
  std::string web_identity_role;
  std::string web_identity_session;
  std::string token_service_url;
};

struct LakeConfig {
  LakeKind kind = LakeKind::kLocal;
  std::filesystem::path path;  ///< kLocal: absolute.
  std::string bucket;          ///< kS3.
  std::string prefix;          ///< kS3: no slash at either end; may be empty.
  std::string endpoint;        ///< kS3: "http://host:9000"; empty: AWS.
  std::string region;          ///< kS3; "us-east-1" where nothing says another.
  BucketAddressing addressing = BucketAddressing::kAuto;
  std::filesystem::path tls_ca;  ///< PEM file; empty: the machine's own authorities.
  Secret access_key;
  Secret secret_key;
  Secret session_token;     ///< Of temporary keys.
  std::string keys_origin;  ///< Of the keys, where the configuration has none.
  std::string profile;      ///< Of `aws`; empty: its default.
  AwsPlaces aws;
  /// Nothing but one keelboat at a time writes: for stores without conditional puts.
  bool single_writer = false;
  std::string place;
};

struct DuckdbSettings {
  std::filesystem::path path;  ///< Absolute.
  std::string schema = "raw";
};

/// How files reach Snowflake.
enum class SnowflakeLoad {
  kPut,    ///< Uploaded into an internal stage.
  kStage,  ///< Read by Snowflake itself, from the lake's bucket.
};

/// How a session proves who it is.
enum class SnowflakeLogin { kPassword, kKeyPair, kToken };

/// A Snowflake account. Names are as in SQL: `raw` is RAW, `"Raw"` is Raw.
struct SnowflakeSettings {
  std::string account;  ///< Identifier alone: "myorg-myaccount".
  std::string user;
  SnowflakeLogin login = SnowflakeLogin::kPassword;
  Secret password;                    ///< kPassword.
  std::filesystem::path private_key;  ///< kKeyPair: PEM file, absolute.
  Secret private_key_passphrase;
  Secret token;  ///< kToken: a programmatic access token.
  std::string warehouse;
  std::string database;
  std::string role;  ///< Empty: the user's default role.
  std::string schema = "RAW";
  SnowflakeLoad load = SnowflakeLoad::kPut;
  std::string stage = "KEELBOAT_STAGE";
  std::string storage_integration;  ///< kStage: empty: the lake's keys.
  std::string host;      ///< A private endpoint; empty: <account>.snowflakecomputing.com.
  uint16_t port = 0;     ///< 0: 443.
  std::string protocol;  ///< Empty: https.
};

struct WarehouseConfig {
  std::variant<DuckdbSettings, SnowflakeSettings> settings;
  std::string place;
};

struct DbtConfig {
  std::filesystem::path project;     ///< Absolute; holds dbt_project.yml.
  std::string target;                ///< Default: the environment's name.
  std::string schema = "analytics";  ///< Of models that name none of their own.
  int threads = 4;
  std::filesystem::path python;  ///< Interpreter with dbt-core; empty: found by keelboat.
  std::string place;
};

enum class SnapshotMode { kConsistent, kPerTable };

struct RunConfig {
  std::optional<int> workers;  ///< Unset: chosen by keelboat (`auto`).
  int64_t memory_bytes = int64_t{384} << 20;
  SnapshotMode snapshot = SnapshotMode::kConsistent;
};

/// Where failures are reported. All empty: nowhere.
struct AlertsConfig {
  Secret slack_webhook;
  Secret pagerduty_routing_key;
  bool on_failure = true;
  bool on_recovery = true;
  std::string place;
};

/// Where figures about runs go. All empty: nowhere.
struct TelemetryConfig {
  std::string otlp;
  std::string openlineage;
  std::filesystem::path prometheus;  ///< Text file, absolute.
  std::string place;
};

/// \brief A project's configuration for one environment, checked. A value.
///
/// Paths are absolute. Holds secrets: never print it; `RedactSecrets` cleans texts.
struct ProjectConfig {
  std::string name;
  std::string environment;            ///< "dev", …, or kDefaultEnvironment.
  std::filesystem::path project_dir;  ///< Absolute.
  std::filesystem::path file;         ///< keelboat.yaml, absolute; empty without one.
  std::map<std::string, SourceConfig> sources;
  std::vector<TableGroup> tables;
  std::filesystem::path queries;  ///< Absolute; need not exist.
  std::map<std::string, std::string> teams;
  LakeConfig lake;
  WarehouseConfig warehouse;
  std::optional<DbtConfig> dbt;  ///< Unset: nothing to transform.
  RunConfig run;
  AlertsConfig alerts;
  TelemetryConfig telemetry;
  /// What .env defines (and the process's own environment does not), for child processes.
  std::map<std::string, std::string> dotenv;
  std::vector<std::string> warnings;  ///< To show once; no secrets in them.

  /// <project_dir>/.keelboat: keelboat's own files.
  std::filesystem::path work_dir() const { return project_dir / ".keelboat"; }
  /// <project_dir>/logs.
  std::filesystem::path log_dir() const { return project_dir / "logs"; }
};

struct LoadOptions {
  std::filesystem::path project_dir = ".";
  /// From --env; empty: KEELBOAT_ENV, else `dev` where it is defined, else none.
  std::string environment_name;
  /// The process's environment variables.
  std::map<std::string, std::string> environment;
};

/// \brief Reads keelboat.yaml and .env, or the older pipeline's variables alone.
///
/// Everything wrong is reported at once, one "file:line: what, remedy" a line, as one
/// kConfig error. Environments that are not selected are checked too, except for
/// variables that are not set. Reads files, writes none. Thread-safe.
arrow::Result<ProjectConfig> LoadProject(const LoadOptions& options);

/// What a command is about to use of a configuration.
struct ConfigUse {
  bool extract = false;  ///< Sources of `tables`.
  bool observe = false;  ///< Alerts and telemetry.
};

/// \brief Refuses what the configuration names and this version cannot do.
///
/// kConfig, names the key, its place and what works now. OK when nothing of it is used.
arrow::Status CheckSupported(const ProjectConfig& config, const ConfigUse& use);

/// \brief Replaces every secret of the configuration in a text by "***".
///
/// Also finds secrets as URLs and JSON spell them.
std::string RedactSecrets(std::string_view text, const ProjectConfig& config);

/// A source by its name; kConfig where it is unknown, with the nearest names.
arrow::Result<const SourceConfig*> SourceOf(const ProjectConfig& config,
                                            const std::string& name);

/// "verify_identity", …
const char* TlsModeName(TlsMode mode);

}  // namespace keelboat
