#include "app/config_sections.h"

#include <sys/un.h>

#include <algorithm>
#include <cctype>
#include <system_error>

#include "app/aws_variables.h"
#include "app/config_snowflake.h"
#include "app/proxy_variables.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLeastMemory = int64_t{64} << 20;
constexpr int kMostConnections = 64;
constexpr int kMostRetries = 20;

const std::vector<std::pair<std::string, TlsMode>> kTlsModes = {
    {"verify_identity", TlsMode::kVerifyIdentity},
    {"verify_ca", TlsMode::kVerifyCa},
    {"required", TlsMode::kRequired},
    {"preferred", TlsMode::kPreferred},
    {"disabled", TlsMode::kDisabled},
};

bool IsHttpUrl(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

void CheckHttpUrl(MapReader& reader, const char* key, const std::string& url) {
  if (url.empty()) return;
  if (!IsHttpUrl(url)) {
    reader.Error(key, reader.PathOf(key) + " must begin with http:// or https://");
  } else if (url.find('@') != std::string::npos) {
    reader.Error(key,
                 reader.PathOf(key) +
                     " must not hold a user or a password: they have keys of their own");
  }
}

MysqlSettings ReadMysql(MapReader& reader) {
  MysqlSettings mysql;
  reader.Read("host", &mysql.host);
  reader.Read("port", &mysql.port);
  reader.Read("socket", &mysql.socket);
  reader.Read("user", &mysql.user);
  reader.Read("password", &mysql.password);
  reader.Read("database", &mysql.database);
  TlsMode tls = TlsMode::kPreferred;
  reader.Read("tls", &tls, kTlsModes);
  if (reader.Has("tls")) mysql.tls = tls;
  reader.Read("tls_ca", &mysql.tls_ca);
  reader.CheckFile("tls_ca", mysql.tls_ca);
  reader.Read("tls_cert", &mysql.tls_cert);
  reader.CheckFile("tls_cert", mysql.tls_cert);
  reader.Read("tls_key", &mysql.tls_key);
  reader.CheckFile("tls_key", mysql.tls_key);
  if (mysql.tls_cert.empty() != mysql.tls_key.empty()) {
    const char* lonely = mysql.tls_key.empty() ? "tls_cert" : "tls_key";
    reader.Error(lonely, reader.PathOf(lonely) + ": tls_cert and tls_key go together");
  }
  reader.Read("zero_dates", &mysql.zero_dates,
              {{"fail", ZeroDates::kFail},
               {"null", ZeroDates::kNull},
               {"text", ZeroDates::kText}});
  reader.Read("connect_timeout", &mysql.connect_timeout);
  reader.Read("read_timeout", &mysql.read_timeout);
  reader.Read("statement_timeout", &mysql.statement_timeout);
  enum class Compress { kAuto, kYes, kNo };
  Compress compress = Compress::kAuto;
  reader.Read(
      "compress", &compress,
      {{"auto", Compress::kAuto}, {"true", Compress::kYes}, {"false", Compress::kNo}});
  if (compress != Compress::kAuto) mysql.compress = compress == Compress::kYes;
  reader.Require({"user", "database"});
  constexpr std::size_t kLongestSocket = sizeof(sockaddr_un::sun_path) - 1;
  if (mysql.socket.size() > kLongestSocket) {
    reader.Error("socket", reader.PathOf("socket") +
                               ": no socket's path is longer than " +
                               std::to_string(kLongestSocket) + " characters");
  }
  // Only addresses of IPv6 have colons, and they have several.
  const bool has_port = std::count(mysql.host.begin(), mysql.host.end(), ':') == 1;
  if (has_port || mysql.host.find_first_of("@/ ") != std::string::npos) {
    reader.Error("host",
                 reader.PathOf("host") +
                     " must be a host name or address alone: port, user, password "
                     "and database have keys of their own");
  }
  return mysql;
}

// `proxy: none` does without what the environment says.
void ReadProxy(MapReader& reader, MetabaseSettings* metabase) {
  reader.Read("proxy", &metabase->proxy);
  const bool none = metabase->proxy.Reveal() == "none";
  SetProxyFrom(reader.context().variables(), metabase);
  if (none) metabase->proxy = Secret();
}

MetabaseSettings ReadMetabase(MapReader& reader) {
  MetabaseSettings metabase;
  reader.Read("url", &metabase.url);
  CheckHttpUrl(reader, "url", metabase.url);
  reader.Read("username", &metabase.username);
  reader.Read("password", &metabase.password);
  reader.Read("api_key", &metabase.api_key);
  reader.Read("database", &metabase.database);
  reader.Read("tls_ca", &metabase.tls_ca);
  reader.CheckFile("tls_ca", metabase.tls_ca);
  bool verify = true;
  reader.Read("tls_verify", &verify, {{"true", true}, {"false", false}});
  if (reader.Has("tls_verify")) metabase.tls_verify = verify;
  int connections = 0;
  reader.Read("connections", &connections, 1, kMostConnections);
  if (connections > 0) metabase.connections = connections;
  reader.Read("compress", &metabase.compress, {{"true", true}, {"false", false}});
  reader.Read("retries", &metabase.retries, 0, kMostRetries);
  reader.Read("connect_timeout", &metabase.connect_timeout);
  reader.Read("read_timeout", &metabase.read_timeout);
  ReadProxy(reader, &metabase);
  reader.Require({"url"});
  if (metabase.api_key.empty() && !reader.Failed("api_key")) {
    reader.Require({"username", "password"});
  }
  return metabase;
}

void ReadSource(const ConfigEntry& entry, ConfigContext& context, ProjectConfig* config) {
  MapReader reader(&entry.value, "sources." + entry.key, context);
  SourceConfig source;
  source.name = entry.key;
  source.place = context.Place(entry.line);
  const auto type = reader.Choice("type", {"mysql", "metabase"});
  if (!type) {
    // The other keys depend on it: reading on would call all of them unknown.
    reader.Require({"type"});
    return;
  }
  if (*type == 0) {
    source.settings = ReadMysql(reader);
  } else {
    source.settings = ReadMetabase(reader);
  }
  reader.Finish();
  config->sources[entry.key] = std::move(source);
}

void ReadSources(const ConfigNode* node, ConfigContext& context, ProjectConfig* config) {
  MapReader reader(node, "sources", context);
  for (const ConfigEntry& entry : reader.node().entries) {
    if (entry.value.kind == ConfigNode::Kind::kNull)
      continue;  // Unset by an environment.
    ReadSource(entry, context, config);
  }
  if (reader.node().entries.empty() && !context.dry) {
    context.AddError(node == nullptr ? 0 : node->line,
                     "sources is missing: name at least one, e.g. sources: {shop: {type: "
                     "mysql, host: 127.0.0.1, user: …, password: ${MYSQL_PASSWORD}, "
                     "database: …}}");
  }
}

void ReadTableGroup(const ConfigNode& node, const std::string& path,
                    ConfigContext& context, ProjectConfig* config) {
  MapReader reader(&node, path, context);
  TableGroup group;
  group.place = context.Place(node.line);
  reader.Read("from", &group.from);
  reader.Read("metadata", &group.metadata);
  reader.Read("contracts", &group.contracts);
  reader.CheckFile("metadata", group.metadata);
  std::error_code error;
  if (!group.contracts.empty() && !context.dry &&
      !fs::is_directory(group.contracts, error)) {
    reader.Error("contracts", reader.PathOf("contracts") + ": there is no folder " +
                                  group.contracts.string());
  }
  std::vector<std::string> names;
  for (const auto& [name, source] : config->sources) names.push_back(name);
  if (group.from.empty()) {
    if (names.size() == 1) {
      group.from = names.front();
    } else {
      reader.Require({"from"});
    }
  } else if (!config->sources.contains(group.from) && !names.empty()) {
    reader.Error("from", reader.PathOf("from") + ": there is no source '" + group.from +
                             "'" + DidYouMean(group.from, names));
  }
  reader.Finish();
  config->tables.push_back(std::move(group));
}

void ReadTables(const ConfigNode* node, ConfigContext& context, ProjectConfig* config) {
  if (node == nullptr || node->kind == ConfigNode::Kind::kNull) return;
  if (node->kind != ConfigNode::Kind::kList) {
    return ReadTableGroup(*node, "tables", context, config);
  }
  for (std::size_t i = 0; i < node->items.size(); ++i) {
    ReadTableGroup(node->items[i], "tables[" + std::to_string(i) + "]", context, config);
  }
}

void ReadTeams(const ConfigNode* node, ConfigContext& context, ProjectConfig* config) {
  MapReader reader(node, "teams", context);
  for (const ConfigEntry& entry : reader.node().entries) {
    if (entry.value.kind == ConfigNode::Kind::kNull) continue;
    reader.Read(entry.key.c_str(), &config->teams[entry.key]);
  }
}

bool IsLoopback(std::string_view host) {
  return host.starts_with("127.") || host.starts_with("localhost") ||
         host.starts_with("[::1]");
}

void ReadLake(const ConfigNode* node, ConfigContext& context, ProjectConfig* config) {
  MapReader reader(node, "lake", context);
  LakeConfig& lake = config->lake;
  if (node != nullptr) lake.place = context.Place(node->line);
  if (const auto url = reader.Text("url")) {
    lake.place = reader.PlaceOf("url");
    const arrow::Status parsed = ParseLakeUrl(*url, context.project_dir(), &lake);
    if (!parsed.ok()) reader.Error("url", "lake.url: " + parsed.message());
  }
  reader.Read("endpoint", &lake.endpoint);
  if (!lake.endpoint.empty() && lake.endpoint.find("://") == std::string::npos) {
    lake.endpoint = (IsLoopback(lake.endpoint) ? "http://" : "https://") + lake.endpoint;
  }
  CheckHttpUrl(reader, "endpoint", lake.endpoint);
  reader.Read("region", &lake.region);
  reader.Read("addressing", &lake.addressing,
              {{"auto", BucketAddressing::kAuto},
               {"path", BucketAddressing::kPath},
               {"virtual", BucketAddressing::kVirtual}});
  reader.Read("tls_ca", &lake.tls_ca);
  reader.CheckFile("tls_ca", lake.tls_ca);
  reader.Read("access_key", &lake.access_key);
  reader.Read("secret_key", &lake.secret_key);
  reader.Read("session_token", &lake.session_token);
  if (lake.access_key.empty() != lake.secret_key.empty() && !context.dry) {
    reader.Require({"access_key", "secret_key"});
  }
  reader.Read("profile", &lake.profile);
  if (!lake.profile.empty() && !lake.access_key.empty()) {
    reader.Error("profile", "lake.profile: the lake has keys already; say either");
  }
  reader.Read("single_writer", &lake.single_writer, {{"true", true}, {"false", false}});
  if (lake.kind == LakeKind::kS3) TakeAwsVariables(context.variables(), &lake);
  if (lake.region.empty()) lake.region = "us-east-1";
  reader.Finish();
}

void ReadDuckdb(MapReader& reader, WarehouseConfig* warehouse) {
  DuckdbSettings duckdb;
  if (const auto path = reader.Text("path")) {
    if (path->starts_with(":") || path->find("://") != std::string::npos ||
        path->starts_with("md:")) {
      reader.Error("path", reader.PathOf("path") +
                               " must be a file's path, e.g. warehouse.duckdb");
    } else {
      reader.Read("path", &duckdb.path);
    }
  }
  reader.Read("schema", &duckdb.schema);
  warehouse->settings = std::move(duckdb);
}

void ReadWarehouse(const ConfigNode* node, ConfigContext& context,
                   ProjectConfig* config) {
  MapReader reader(node, "warehouse", context);
  if (reader.node().entries.empty()) return;
  config->warehouse.place = context.Place(reader.LineOf("type"));
  const auto type = reader.Choice("type", {"duckdb", "snowflake"});
  if (!type) return reader.Require({"type"});
  if (*type == 0) {
    ReadDuckdb(reader, &config->warehouse);
  } else {
    config->warehouse.settings = ReadSnowflake(reader, config->lake);
  }
  reader.Finish();
}

void ReadDbt(const ConfigNode* node, ConfigContext& context, ProjectConfig* config) {
  if (node == nullptr || node->kind == ConfigNode::Kind::kNull) return;
  MapReader reader(node, "dbt", context);
  DbtConfig dbt;
  dbt.project = config->project_dir / "dbt";
  dbt.place = context.Place(node->line);
  reader.Read("project", &dbt.project);
  reader.Read("target", &dbt.target);
  reader.Read("schema", &dbt.schema);
  reader.Read("threads", &dbt.threads, 1, 64);
  reader.Read("python", &dbt.python);
  reader.CheckFile("python", dbt.python);
  std::error_code error;
  if (!context.dry && !fs::is_regular_file(dbt.project / "dbt_project.yml", error)) {
    reader.Error("project", reader.PathOf("project") +
                                ": there is no dbt_project.yml in " +
                                dbt.project.string());
  }
  reader.Finish();
  config->dbt = std::move(dbt);
}

void ReadRun(const ConfigNode* node, ConfigContext& context, ProjectConfig* config) {
  MapReader reader(node, "run", context);
  const ConfigNode* workers = reader.node().Find("workers");
  if (workers != nullptr && workers->text == "auto") {
    reader.Text("workers");
  } else if (reader.Has("workers")) {
    int count = 0;
    reader.Read("workers", &count, 1, 64);
    if (count > 0) config->run.workers = count;
  } else {
    reader.Text("workers");
  }
  reader.ReadSize("memory", &config->run.memory_bytes, kLeastMemory);
  reader.Read("snapshot", &config->run.snapshot,
              {{"consistent", SnapshotMode::kConsistent},
               {"per_table", SnapshotMode::kPerTable}});
  reader.Finish();
}

void ReadAlertMoments(const ConfigNode* node, MapReader& reader, AlertsConfig* alerts) {
  if (node == nullptr) return;
  if (node->kind != ConfigNode::Kind::kList) {
    return reader.Error("on", "alerts.on must be a list, e.g. [failure, recovery]");
  }
  alerts->on_failure = false;
  alerts->on_recovery = false;
  for (const ConfigNode& item : node->items) {
    const auto moment = reader.Fill(item, "alerts.on");
    if (!moment) continue;
    if (*moment == "failure") {
      alerts->on_failure = true;
    } else if (*moment == "recovery") {
      alerts->on_recovery = true;
    } else {
      reader.Error("on", "alerts.on: '" + *moment + "' is not failure or recovery" +
                             DidYouMean(*moment, {"failure", "recovery"}));
    }
  }
}

void ReadAlerts(const ConfigNode* node, ConfigContext& context, ProjectConfig* config) {
  MapReader reader(node, "alerts", context);
  AlertsConfig& alerts = config->alerts;
  if (node != nullptr) alerts.place = context.Place(node->line);
  MapReader slack(reader.Child("slack"), "alerts.slack", context);
  slack.Read("webhook", &alerts.slack_webhook);
  slack.Finish();
  MapReader pagerduty(reader.Child("pagerduty"), "alerts.pagerduty", context);
  pagerduty.Read("routing_key", &alerts.pagerduty_routing_key);
  pagerduty.Finish();
  ReadAlertMoments(reader.Child("on"), reader, &alerts);
  reader.Finish();
}

void ReadTelemetry(const ConfigNode* node, ConfigContext& context,
                   ProjectConfig* config) {
  MapReader reader(node, "telemetry", context);
  TelemetryConfig& telemetry = config->telemetry;
  if (node != nullptr) telemetry.place = context.Place(node->line);
  reader.Read("otlp", &telemetry.otlp);
  CheckHttpUrl(reader, "otlp", telemetry.otlp);
  reader.Read("openlineage", &telemetry.openlineage);
  CheckHttpUrl(reader, "openlineage", telemetry.openlineage);
  reader.Read("prometheus", &telemetry.prometheus);
  reader.Finish();
}

}  // namespace

const char* TlsModeName(TlsMode mode) {
  for (const auto& [name, value] : kTlsModes) {
    if (value == mode) return name.c_str();
  }
  return "";
}

arrow::Status ParseLakeUrl(const std::string& url, const fs::path& project_dir,
                           LakeConfig* lake) {
  constexpr std::string_view kFile = "file://";
  constexpr std::string_view kS3 = "s3://";
  if (url.starts_with(kS3)) {
    const std::string rest = url.substr(kS3.size());
    const std::size_t slash = rest.find('/');
    lake->kind = LakeKind::kS3;
    lake->bucket = rest.substr(0, slash);
    lake->prefix = slash == std::string::npos ? "" : rest.substr(slash + 1);
    while (lake->prefix.ends_with('/')) lake->prefix.pop_back();
    const bool valid =
        lake->bucket.size() >= 3 && lake->bucket.size() <= 63 &&
        std::all_of(lake->bucket.begin(), lake->bucket.end(), [](unsigned char c) {
          return std::islower(c) || std::isdigit(c) || c == '-' || c == '.';
        });
    if (!valid) {
      return MakeError(
          ErrorKind::kConfig,
          "what stands after s3:// is no bucket's name: 3 to 63 lower-case "
          "letters, digits, - and ., e.g. s3://my-lake/olist; keys have keys "
          "of their own");
    }
    return arrow::Status::OK();
  }
  std::string path = url;
  if (path.starts_with(kFile)) {
    path = path.substr(kFile.size());
    if (!path.starts_with('/')) {
      return MakeError(ErrorKind::kConfig,
                       "a file URL needs an absolute path, e.g. file:///data/lake");
    }
  } else if (path.find("://") != std::string::npos) {
    return MakeError(ErrorKind::kConfig,
                     "keelboat knows folders (./lake) and s3://bucket/prefix, not " +
                         path.substr(0, path.find("://") + 3));
  }
  lake->kind = LakeKind::kLocal;
  lake->path = (project_dir / path).lexically_normal();
  if (!lake->path.has_filename() && lake->path.has_relative_path()) {
    lake->path = lake->path.parent_path();
  }
  if (lake->path == project_dir) {
    return MakeError(ErrorKind::kConfig,
                     "the lake needs a folder of its own, not the project's: ./lake");
  }
  return arrow::Status::OK();
}

void ReadSections(const ConfigNode& root, ConfigContext& context, ProjectConfig* config) {
  MapReader reader(&root, "", context);
  reader.Read("name", &config->name);
  ReadSources(reader.Child("sources"), context, config);
  ReadTables(reader.Child("tables"), context, config);
  reader.Read("queries", &config->queries);
  ReadTeams(reader.Child("teams"), context, config);
  ReadLake(reader.Child("lake"), context, config);
  ReadWarehouse(reader.Child("warehouse"), context, config);
  ReadDbt(reader.Child("dbt"), context, config);
  ReadRun(reader.Child("run"), context, config);
  ReadAlerts(reader.Child("alerts"), context, config);
  ReadTelemetry(reader.Child("telemetry"), context, config);
  reader.Child("environments");
  reader.Finish();
}

}  // namespace keelboat
