#include "app/project.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "app/metadata.h"
#include "core/nearest.h"
#include "engine/process_folder.h"
#include "keelboat/error.h"
#include "lake/delta/delta_lake.h"
#include "lake/stores/local/local_store.h"
#include "lake/stores/s3/s3_store.h"
#include "lake/stores/spool/spool_store.h"
#include "sources/metabase/metabase_source.h"
#include "sources/mysql/mysql_source.h"
#include "transform/duckdb_profile.h"
#include "transform/snowflake_profile.h"
#include "warehouses/duckdb/duckdb_warehouse.h"
#include "warehouses/snowflake/options.h"
#include "warehouses/snowflake/snowflake_warehouse.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDbtMemoryLimit = "1GB";
constexpr const char* kDbtQueryTag = "keelboat dbt";

MysqlTlsMode TlsOf(TlsMode mode) {
  switch (mode) {
    case TlsMode::kVerifyIdentity:
      return MysqlTlsMode::kVerifyIdentity;
    case TlsMode::kVerifyCa:
      return MysqlTlsMode::kVerifyCa;
    case TlsMode::kRequired:
      return MysqlTlsMode::kRequired;
    case TlsMode::kPreferred:
      return MysqlTlsMode::kPreferred;
    case TlsMode::kDisabled:
      return MysqlTlsMode::kDisabled;
  }
  return MysqlTlsMode::kVerifyIdentity;
}

MysqlZeroDates ZeroDatesOf(ZeroDates policy) {
  switch (policy) {
    case ZeroDates::kFail:
      return MysqlZeroDates::kFail;
    case ZeroDates::kNull:
      return MysqlZeroDates::kNull;
    case ZeroDates::kText:
      return MysqlZeroDates::kText;
  }
  return MysqlZeroDates::kFail;
}

MysqlOptions MysqlOptionsOf(const std::string& name, const MysqlSettings& settings) {
  MysqlOptions options;
  options.name = name;
  options.host = settings.host;
  options.port = settings.port;
  options.socket = settings.socket;
  options.user = settings.user;
  options.password = settings.password.Reveal();
  options.database = settings.database;
  if (settings.tls.has_value()) options.tls = TlsOf(*settings.tls);
  options.tls_ca = settings.tls_ca.string();
  options.tls_cert = settings.tls_cert.string();
  options.tls_key = settings.tls_key.string();
  options.zero_dates = ZeroDatesOf(settings.zero_dates);
  options.connect_timeout = settings.connect_timeout;
  options.read_timeout = settings.read_timeout;
  options.statement_timeout = settings.statement_timeout;
  options.compress = settings.compress;
  return options;
}

S3Options S3OptionsOf(const LakeConfig& lake, bool test_mode) {
  S3Options options;
  options.bucket = lake.bucket;
  options.prefix = lake.prefix;
  if (test_mode) {
    options.prefix += (options.prefix.empty() ? "" : "/") + std::string(kTestSuffix);
  }
  options.endpoint = lake.endpoint;
  options.region = lake.region;
  switch (lake.addressing) {
    case BucketAddressing::kAuto:
      break;
    case BucketAddressing::kPath:
      options.addressing = S3Addressing::kPath;
      break;
    case BucketAddressing::kVirtual:
      options.addressing = S3Addressing::kVirtual;
      break;
  }
  options.tls_ca = lake.tls_ca.string();
  options.credentials = {lake.access_key.Reveal(), lake.secret_key.Reveal(),
                         lake.session_token.Reveal()};
  options.keys_origin = lake.keys_origin;
  options.key_places = {lake.aws.credentials_file,
                        lake.aws.config_file,
                        lake.profile,
                        lake.aws.container_url,
                        lake.aws.container_authorization.Reveal(),
                        lake.aws.container_token_file,
                        lake.aws.metadata_url,
                        lake.aws.web_identity_file,
                        lake.aws.web_identity_role,
                        lake.aws.web_identity_session,
                        lake.aws.token_service_url};
  options.single_writer = lake.single_writer;
  return options;
}

SnowflakeOptions SnowflakeOptionsOf(const ProjectConfig& config,
                                    const RuntimePaths& paths, bool test_mode,
                                    const std::string& run_id) {
  const auto& settings = std::get<SnowflakeSettings>(config.warehouse.settings);
  SnowflakeOptions options;
  options.driver = paths.snowflake_driver.string();
  options.account = settings.account;
  options.user = settings.user;
  switch (settings.login) {
    case SnowflakeLogin::kPassword:
      options.password = settings.password.Reveal();
      break;
    case SnowflakeLogin::kKeyPair:
      options.private_key_file = settings.private_key.string();
      options.private_key_passphrase = settings.private_key_passphrase.Reveal();
      break;
    case SnowflakeLogin::kToken:
      options.token = settings.token.Reveal();
      break;
  }
  options.warehouse = settings.warehouse;
  options.role = settings.role;
  options.database = settings.database;
  options.schema = RawSchemaOf(config.warehouse, test_mode);
  options.host = settings.host;
  options.port = settings.port;
  options.protocol = settings.protocol;
  options.stage = settings.stage;
  options.query_tag = run_id;
  if (settings.load == SnowflakeLoad::kStage) {
    const S3Options lake = S3OptionsOf(config.lake, test_mode);
    options.load = SnowflakeLoadMode::kStage;
    options.storage_integration = settings.storage_integration;
    options.stage_url = "s3://" + lake.bucket + "/" + lake.prefix;
    options.stage_endpoint = lake.endpoint;
    options.stage_access_key = lake.credentials.access_key;
    options.stage_secret_key = lake.credentials.secret_key;
    options.stage_session_token = lake.credentials.session_token;
  }
  return options;
}

arrow::Result<std::string> ReadFile(const fs::path& path, const char* what) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    return MakeError(
        ErrorKind::kConfig,
        std::string("reading ") + what + " " + path.string() + ": " +
            (fs::exists(path) ? "it cannot be read" : "there is no such file"),
        {{"file", path.string()}});
  }
  return std::move(text).str();
}

std::string DuckdbProfileOf(const ProjectConfig& config, const std::string& target,
                            const std::string& suffix) {
  DuckdbProfileOptions profile;
  profile.target = target;
  profile.path = std::get<DuckdbSettings>(config.warehouse.settings).path;
  profile.schema = config.dbt->schema + suffix;
  profile.threads = config.dbt->threads;
  // Row groups of large values must not be merged in this memory, where it would be
  // fatal; loads merge what others are worth merging.
  profile.settings = {
      {"memory_limit", kDbtMemoryLimit}, {"max_vacuum_tasks", "0"}, {"TimeZone", "UTC"}};
  return DuckdbProfile(profile);
}

// Models are built in sessions of dbt's own, with keelboat's login.
void SetSnowflakeProfile(const ProjectConfig& config, const SnowflakeOptions& login,
                         const std::string& suffix, DbtOptions* options) {
  SnowflakeProfileOptions profile;
  profile.target = options->target;
  profile.account = login.account;
  profile.user = login.user;
  profile.password = login.password;
  profile.private_key_file = login.private_key_file;
  profile.private_key_passphrase = login.private_key_passphrase;
  profile.token = login.token;
  profile.warehouse = login.warehouse;
  profile.role = login.role;
  profile.database = login.database;
  profile.schema = config.dbt->schema + suffix;
  profile.host = login.host;
  profile.port = login.port;
  profile.protocol = login.protocol;
  // Not the run's id: a profile that changes makes dbt read the whole project again.
  profile.query_tag = kDbtQueryTag;
  profile.threads = config.dbt->threads;
  options->adapter = "snowflake";
  options->profile = SnowflakeProfile(profile);
  options->environment.merge(SnowflakeProfileVariables(profile));
}

// The path as the user wrote it, as far as it lies in the project.
std::string Shown(const fs::path& path, const fs::path& project_dir) {
  const std::string relative = path.lexically_relative(project_dir).string();
  return relative.empty() || relative.starts_with("..") ? path.string() : relative;
}

arrow::Result<std::shared_ptr<const Contract>> ReadContract(const fs::path& file,
                                                            const fs::path& project_dir) {
  ARROW_ASSIGN_OR_RAISE(auto text, ReadFile(file, "contract"));
  ARROW_ASSIGN_OR_RAISE(auto contract, Contract::Parse(text, Shown(file, project_dir)));
  return std::make_shared<const Contract>(std::move(contract));
}

// Rows that break a table's contract go to a table of the lake that no other may be.
arrow::Status CheckQuarantineNames(const std::vector<ConfiguredTable>& tables) {
  for (const ConfiguredTable& table : tables) {
    const bool quarantines = table.contract != nullptr &&
                             table.contract->on_violation() == OnViolation::kQuarantine;
    if (!quarantines) continue;
    for (const ConfiguredTable& other : tables) {
      if (other.spec.table != table.spec.table + "__quarantine") continue;
      return MakeError(ErrorKind::kConfig,
                       "table '" + other.spec.table +
                           "' has the name of the quarantine of table '" +
                           table.spec.table +
                           "': leave one of them out, rename it at the source, or let "
                           "x-on-violation in the contract of '" +
                           table.spec.table + "' be fail or warn",
                       {{"table", other.spec.table}});
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::vector<ConfiguredTable>> Chosen(
    std::vector<ConfiguredTable> tables, const std::vector<std::string>& names) {
  if (names.empty()) return tables;
  std::vector<std::string> known;
  for (const ConfiguredTable& table : tables) known.push_back(table.spec.table);
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return MakeError(
          ErrorKind::kConfig,
          "the project has no table '" + name + "'" + DidYouMean(name, known),
          {{"table", name}});
    }
  }
  std::erase_if(tables, [&](const ConfiguredTable& table) {
    return std::find(names.begin(), names.end(), table.spec.table) == names.end();
  });
  return tables;
}

}  // namespace

MetabaseOptions MetabaseOptionsOf(const MetabaseSettings& settings) {
  MetabaseOptions options;
  options.url = settings.url;
  options.api_key = settings.api_key.Reveal();
  options.username = settings.username;
  options.password = settings.password.Reveal();
  options.database = settings.database;
  options.tls_ca = settings.tls_ca.string();
  options.tls_verify = settings.tls_verify;
  options.proxy = settings.proxy.Reveal();
  options.no_proxy = settings.no_proxy;
  options.connections = settings.connections;
  options.compress = settings.compress;
  options.retries = settings.retries;
  options.connect_timeout = settings.connect_timeout;
  options.read_timeout = settings.read_timeout;
  return options;
}

arrow::Result<std::unique_ptr<Source>> MakeSource(
    const std::string& name,
    const std::variant<MysqlSettings, MetabaseSettings>& settings) {
  if (const auto* mysql = std::get_if<MysqlSettings>(&settings)) {
    return MakeMysqlSource(MysqlOptionsOf(name, *mysql));
  }
  return MakeMetabaseSource(name,
                            MetabaseOptionsOf(std::get<MetabaseSettings>(settings)));
}

arrow::Result<Source*> Project::OpenSource(const std::string& name) {
  auto found = sources_.find(name);
  if (found != sources_.end()) return found->second.get();
  ARROW_ASSIGN_OR_RAISE(const SourceConfig* configured, SourceOf(config_, name));
  ARROW_ASSIGN_OR_RAISE(auto source, MakeSource(name, configured->settings));
  return sources_.emplace(name, std::move(source)).first->second.get();
}

std::shared_ptr<Store> Project::KeepingCopies(std::shared_ptr<Store> store) const {
  auto folder = std::make_shared<ProcessFolder>(copies_folder());
  ProcessFolder::RemoveOfDead(copies_folder());
  SpoolOptions options;
  options.folder = [folder]() -> arrow::Result<std::string> {
    ARROW_ASSIGN_OR_RAISE(const fs::path path, folder->Path());
    return path.string();
  };
  // The warehouse may be on the same disk.
  constexpr int64_t kPartOfFree = 4;
  std::error_code error;
  const fs::space_info space = fs::space(config_.project_dir, error);
  if (!error) {
    options.most_bytes =
        std::min(options.most_bytes, static_cast<int64_t>(space.available / kPartOfFree));
  }
  return MakeSpoolStore(std::move(store), std::move(options));
}

arrow::Result<std::shared_ptr<Lake>> Project::OpenLake(bool test_mode,
                                                       bool keep_copies) const {
  if (config_.lake.kind == LakeKind::kS3) {
    ARROW_ASSIGN_OR_RAISE(auto store,
                          MakeS3Store(S3OptionsOf(config_.lake, test_mode), clock_));
    // Snowflake fetches the files itself where it loads from the lake's bucket.
    const auto* snowflake = std::get_if<SnowflakeSettings>(&config_.warehouse.settings);
    const bool read_here = snowflake == nullptr || snowflake->load == SnowflakeLoad::kPut;
    if (keep_copies && read_here) store = KeepingCopies(std::move(store));
    return MakeDeltaLake(std::move(store));
  }
  fs::path root = config_.lake.path;
  if (test_mode) root /= kTestSuffix;
  ARROW_ASSIGN_OR_RAISE(auto store, MakeLocalStore(root.string()));
  return MakeDeltaLake(std::move(store));
}

std::string RawSchemaOf(const WarehouseConfig& warehouse, bool test_mode) {
  const auto* duckdb = std::get_if<DuckdbSettings>(&warehouse.settings);
  std::string schema = duckdb != nullptr
                           ? duckdb->schema
                           : std::get<SnowflakeSettings>(warehouse.settings).schema;
  // Snowflake's may stand in double quotes.
  const bool quoted = duckdb == nullptr && schema.ends_with('"');
  if (test_mode) schema.insert(schema.size() - (quoted ? 1 : 0), kTestSuffix);
  return schema;
}

arrow::Result<std::unique_ptr<Warehouse>> Project::OpenWarehouse(
    bool test_mode, const std::string& run_id) const {
  if (std::holds_alternative<SnowflakeSettings>(config_.warehouse.settings)) {
    return MakeSnowflakeWarehouse(SnowflakeOptionsOf(config_, paths_, test_mode, run_id));
  }
  DuckdbOptions options;
  options.path = std::get<DuckdbSettings>(config_.warehouse.settings).path.string();
  options.schema = RawSchemaOf(config_.warehouse, test_mode);
  options.library = paths_.duckdb_library.string();
  return MakeDuckdbWarehouse(std::move(options));
}

arrow::Result<int> Project::RunDbt(const std::vector<std::string>& arguments,
                                   const std::stop_token& stop) const {
  ARROW_ASSIGN_OR_RAISE(auto options, DbtSettings(false, ""));
  return RunDbtCommand(options, arguments, stop);
}

arrow::Result<DbtOptions> Project::DbtSettings(bool test_mode,
                                               const std::string& run_id) const {
  if (!config_.dbt.has_value()) {
    return MakeError(ErrorKind::kConfig,
                     "the project has no dbt project: name its folder in keelboat.yaml "
                     "(dbt: {project: dbt})");
  }
  const std::string suffix = test_mode ? kTestSuffix : "";
  DbtOptions options;
  options.python = config_.dbt->python.empty() ? paths_.python : config_.dbt->python;
  options.project_dir = config_.dbt->project;
  options.work_dir = config_.work_dir() / "dbt";
  options.log_file = config_.log_dir() / "dbt.log";
  options.target = config_.dbt->target + suffix;
  options.environment = config_.dotenv;
  options.environment["KEELBOAT_SCHEMA_SUFFIX"] = suffix;
  options.environment["KEELBOAT_RAW_SCHEMA"] = RawSchemaOf(config_.warehouse, test_mode);
  if (!run_id.empty()) options.environment["DBT_ENV_CUSTOM_ENV_RUN_ID"] = run_id;
  if (std::holds_alternative<DuckdbSettings>(config_.warehouse.settings)) {
    options.profile = DuckdbProfileOf(config_, options.target, suffix);
  } else {
    SetSnowflakeProfile(config_, SnowflakeOptionsOf(config_, paths_, test_mode, run_id),
                        suffix, &options);
  }
  return options;
}

arrow::Result<std::vector<ConfiguredTable>> Project::Tables(
    const std::vector<std::string>& names, const std::stop_token& stop) {
  std::vector<ConfiguredTable> tables;
  for (const TableGroup& group : config_.tables) {
    std::vector<TableSpec> specs;
    if (group.metadata.empty()) {
      ARROW_ASSIGN_OR_RAISE(Source * source, OpenSource(group.from));
      ARROW_ASSIGN_OR_RAISE(auto listed, source->ListTables(stop));
      for (std::string& table : listed) {
        TableSpec spec;
        spec.table = std::move(table);
        spec.source = group.from;
        specs.push_back(std::move(spec));
      }
    } else {
      ARROW_ASSIGN_OR_RAISE(auto text, ReadFile(group.metadata, "table metadata"));
      ARROW_ASSIGN_OR_RAISE(
          specs, ParseTableMetadata(text, Shown(group.metadata, config_.project_dir),
                                    group.from));
    }
    for (TableSpec& spec : specs) {
      ConfiguredTable table;
      const bool named = !spec.contract_file.empty();
      const fs::path file =
          group.contracts / (named ? spec.contract_file : spec.table + ".json");
      if (named || (!group.contracts.empty() && fs::exists(file))) {
        spec.contract_file = file.string();
        ARROW_ASSIGN_OR_RAISE(table.contract, ReadContract(file, config_.project_dir));
        // The metadata's own key wins over the one that a column list declares.
        if (spec.primary_key.empty()) spec.primary_key = table.contract->declared_key();
      }
      table.spec = std::move(spec);
      for (const ConfiguredTable& other : tables) {
        if (other.spec.table == table.spec.table) {
          return MakeError(ErrorKind::kConfig,
                           "table '" + table.spec.table + "' comes from two sources, '" +
                               other.spec.source + "' and '" + table.spec.source +
                               "'; a table's name must be unique in a project",
                           {{"table", table.spec.table}});
        }
      }
      tables.push_back(std::move(table));
    }
  }
  ARROW_RETURN_NOT_OK(CheckQuarantineNames(tables));
  return Chosen(std::move(tables), names);
}

}  // namespace keelboat
