#include <system_error>

#include "app/config_sections.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

fs::path IfFile(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) ? path : fs::path();
}

fs::path IfFolder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) ? path : fs::path();
}

/// Reads the older pipeline's variables by the same rules as the file's values: a mapping
/// that holds `${NAME}` for each key.
class OldVariables {
 public:
  explicit OldVariables(ConfigContext& context) : context_(context) {}

  /// The first of the names that is set and not empty; nullptr when none is.
  const char* FirstSet(const std::vector<const char*>& names) const {
    for (const char* name : names) {
      const auto found = context_.variables().find(name);
      if (found != context_.variables().end() && !found->second.empty()) return name;
    }
    return nullptr;
  }

  bool IsSet(const char* name) const { return FirstSet({name}) != nullptr; }

  /// Adds `key: ${first name that is set}`; none set: nothing, or an error when required.
  void Add(ConfigNode* map, const char* key, const std::vector<const char*>& names,
           bool required = false) {
    const char* name = FirstSet(names);
    if (name != nullptr) {
      AddText(map, key, "${" + std::string(name) + "}");
    } else if (required) {
      std::string all;
      for (const char* candidate : names) {
        all += (all.empty() ? "" : " (or ") + std::string(candidate);
      }
      if (names.size() > 1) all += ")";
      context_.AddErrorText(
          0, "variable " + all + " is not set: set it in the environment or in " +
                 (context_.project_dir() / kDotenvFile).string() +
                 ", or describe the project in keelboat.yaml (keelboat init)");
      failed_ = true;
    }
  }

  static void AddText(ConfigNode* map, const char* key, std::string text) {
    ConfigNode scalar;
    scalar.kind = ConfigNode::Kind::kScalar;
    scalar.text = std::move(text);
    AddNode(map, key, std::move(scalar));
  }

  static void AddNode(ConfigNode* map, const char* key, ConfigNode node) {
    map->kind = ConfigNode::Kind::kMap;
    map->entries.push_back({key, 0, std::move(node)});
  }

  bool failed() const { return failed_; }

 private:
  ConfigContext& context_;
  bool failed_ = false;
};

ConfigNode OldMysql(OldVariables& old) {
  ConfigNode source;
  OldVariables::AddText(&source, "type", "mysql");
  old.Add(&source, "host", {"MYSQL_HOST"});
  old.Add(&source, "port", {"MYSQL_PORT"});
  old.Add(&source, "user", {"MYSQL_USER"}, true);
  old.Add(&source, "password", {"MYSQL_PASSWORD"});
  old.Add(&source, "database", {"MYSQL_DATABASE"}, true);
  old.Add(&source, "tls", {"MYSQL_TLS"});
  return source;
}

ConfigNode OldMetabase(OldVariables& old) {
  ConfigNode source;
  OldVariables::AddText(&source, "type", "metabase");
  old.Add(&source, "url", {"METABASE_URL"});
  const bool has_key = old.IsSet("METABASE_API_KEY");
  old.Add(&source, "api_key", {"METABASE_API_KEY"});
  old.Add(&source, "username", {"METABASE_USERNAME"}, !has_key);
  old.Add(&source, "password", {"METABASE_PASSWORD"}, !has_key);
  old.Add(&source, "database", {"METABASE_DATABASE"});
  return source;
}

ConfigNode OldLake(OldVariables& old) {
  ConfigNode lake;
  if (old.IsSet("MINIO_BUCKET")) {
    OldVariables::AddText(&lake, "url", "s3://${MINIO_BUCKET}");
  } else {
    old.Add(&lake, "url", {"MINIO_BUCKET"}, true);
  }
  OldVariables::AddText(&lake, "endpoint", "${MINIO_ENDPOINT}");
  old.Add(&lake, "access_key", {"MINIO_ROOT_USER", "MINIO_ACCESS_KEY"}, true);
  old.Add(&lake, "secret_key", {"MINIO_ROOT_PASSWORD", "MINIO_SECRET_KEY"}, true);
  old.Add(&lake, "region", {"MINIO_REGION"});
  return lake;
}

ConfigNode OldWarehouse(OldVariables& old) {
  ConfigNode warehouse;
  OldVariables::AddText(&warehouse, "type", "snowflake");
  old.Add(&warehouse, "account", {"SNOWFLAKE_ACCOUNT"});
  old.Add(&warehouse, "user", {"SNOWFLAKE_USER"}, true);
  const std::vector<const char*> key = {"SNOWFLAKE_PRIVATE_KEY_PATH",
                                        "SNOWFLAKE_PRIVATE_KEY_FILE_PATH"};
  const bool has_login = old.FirstSet(key) != nullptr || old.IsSet("SNOWFLAKE_TOKEN");
  old.Add(&warehouse, "password", {"SNOWFLAKE_PASSWORD"}, !has_login);
  old.Add(&warehouse, "private_key", key);
  old.Add(&warehouse, "private_key_passphrase",
          {"SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "SNOWFLAKE_PRIVATE_KEY_FILE_PWD"});
  old.Add(&warehouse, "token", {"SNOWFLAKE_TOKEN"});
  old.Add(&warehouse, "authenticator", {"SNOWFLAKE_AUTHENTICATOR"});
  old.Add(&warehouse, "warehouse", {"SNOWFLAKE_WAREHOUSE"}, true);
  old.Add(&warehouse, "database", {"SNOWFLAKE_DATABASE"}, true);
  old.Add(&warehouse, "role", {"SNOWFLAKE_ROLE"});
  old.Add(&warehouse, "schema", {"SNOWFLAKE_SCHEMA"});
  old.Add(&warehouse, "load", {"SNOWFLAKE_LOAD"});
  old.Add(&warehouse, "storage_integration", {"SNOWFLAKE_STORAGE_INTEGRATION"});
  old.Add(&warehouse, "host", {"SNOWFLAKE_HOST"});
  old.Add(&warehouse, "port", {"SNOWFLAKE_PORT"});
  old.Add(&warehouse, "protocol", {"SNOWFLAKE_PROTOCOL"});
  return warehouse;
}

/// The folder above a project is where a lost user most often stands below.
std::string WhereElse(const fs::path& project_dir) {
  std::error_code error;
  if (fs::is_regular_file(project_dir / "keelboat.yml", error)) {
    return "; keelboat.yml is there: rename it to keelboat.yaml";
  }
  const fs::path parent = project_dir.parent_path();
  if (fs::is_regular_file(parent / kProjectFile, error)) {
    return "; there is one in " + parent.string() + ": add -C " + parent.string();
  }
  return "";
}

}  // namespace

void FillDefaults(ProjectConfig* config) {
  const fs::path& dir = config->project_dir;
  if (config->name.empty()) config->name = dir.filename().string();
  if (config->lake.kind == LakeKind::kLocal && config->lake.path.empty()) {
    config->lake.path = dir / "lake";
  }
  if (auto* duckdb = std::get_if<DuckdbSettings>(&config->warehouse.settings)) {
    if (duckdb->path.empty()) duckdb->path = dir / "warehouse.duckdb";
  }
  if (config->tables.empty()) {
    std::vector<const SourceConfig*> movable;
    for (const auto& [name, source] : config->sources) {
      if (std::holds_alternative<MysqlSettings>(source.settings))
        movable.push_back(&source);
    }
    if (movable.size() == 1) {
      TableGroup group;
      group.from = movable.front()->name;
      group.place = movable.front()->place;
      config->tables.push_back(std::move(group));
    }
  }
  // Two groups must not share one file of tables by accident.
  if (config->tables.size() == 1) {
    TableGroup& group = config->tables.front();
    if (group.metadata.empty()) {
      group.metadata = IfFile(dir / "metadata" / "table_metadata.json");
    }
    if (group.contracts.empty()) group.contracts = IfFolder(dir / "schema");
  }
  if (config->queries.empty()) config->queries = dir / "queries";
  if (!config->dbt && !IfFile(dir / "dbt" / "dbt_project.yml").empty()) {
    config->dbt.emplace();
    config->dbt->project = dir / "dbt";
    config->dbt->place = (dir / "dbt").string();
  }
  if (config->dbt && config->dbt->target.empty()) {
    config->dbt->target = config->environment;
  }
}

void ReadOldVariables(ConfigContext& context, ProjectConfig* config) {
  OldVariables old(context);
  const bool has_mysql =
      old.FirstSet({"MYSQL_HOST", "MYSQL_USER", "MYSQL_DATABASE"}) != nullptr;
  const bool has_metabase = old.IsSet("METABASE_URL");
  if (!has_mysql && !has_metabase) {
    context.AddErrorText(
        0,
        "there is no keelboat.yaml in " + config->project_dir.string() +
            WhereElse(config->project_dir) +
            ". Write one with `keelboat init` (`keelboat init --from URL` describes a "
            "live database), or set MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_PASSWORD "
            "and MYSQL_DATABASE in the environment or in .env and go without");
    return;
  }
  ConfigNode sources;
  if (has_mysql) OldVariables::AddNode(&sources, "mysql", OldMysql(old));
  if (has_metabase) OldVariables::AddNode(&sources, "metabase", OldMetabase(old));
  ConfigNode root;
  OldVariables::AddNode(&root, "sources", std::move(sources));
  if (old.IsSet("MINIO_ENDPOINT")) {
    OldVariables::AddNode(&root, "lake", OldLake(old));
  }
  if (old.IsSet("SNOWFLAKE_ACCOUNT")) {
    OldVariables::AddNode(&root, "warehouse", OldWarehouse(old));
  }
  if (old.failed()) return;
  ReadSections(root, context, config);
  for (auto& [name, source] : config->sources) {
    source.place = name == "mysql" ? "environment variables MYSQL_*"
                                   : "environment variables METABASE_*";
  }
  if (config->lake.kind == LakeKind::kS3) {
    config->lake.place = "environment variable MINIO_ENDPOINT";
  }
  config->warehouse.place = "environment variable SNOWFLAKE_ACCOUNT";
}

}  // namespace keelboat
