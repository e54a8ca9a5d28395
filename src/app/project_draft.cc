#include <algorithm>
#include <iterator>
#include <utility>

#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "app/cursor_candidate.h"
#include "app/dbt_draft.h"
#include "app/scaffold.h"
#include "app/yaml_text.h"
#include "contracts/draft.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kGitignore = R"(.env
*.p8
.keelboat/
logs/
lake/
*.duckdb*
dbt/target/
dbt/logs/
dbt/dbt_packages/
)";

/// What reaches the bucket of an environment; without an endpoint it is AWS's.
constexpr std::string_view kMinio = R"(      endpoint: ${MINIO_ENDPOINT:-}
      access_key: ${MINIO_ACCESS_KEY:-${MINIO_ROOT_USER:-}}
      secret_key: ${MINIO_SECRET_KEY:-${MINIO_ROOT_PASSWORD:-}}
)";

/// What reaches the account of an environment: a key pair, or a password.
constexpr std::string_view kSnowflake = R"(      type: snowflake
      account: ${SNOWFLAKE_ACCOUNT}
      user: ${SNOWFLAKE_USER}
      password: ${SNOWFLAKE_PASSWORD:-}
      private_key: ${SNOWFLAKE_PRIVATE_KEY_PATH:-}
      private_key_passphrase: ${SNOWFLAKE_PRIVATE_KEY_PASSPHRASE:-}
      warehouse: ${SNOWFLAKE_WAREHOUSE}
      role: ${SNOWFLAKE_ROLE:-}
      schema: ${SNOWFLAKE_SCHEMA:-RAW}
)";

constexpr std::string_view kLaterVariables = R"(
# staging and prod: object storage. Without an endpoint: AWS and its AWS_… variables.
# MINIO_ENDPOINT=https://minio.example.com:9000
# MINIO_ROOT_USER=
# MINIO_ROOT_PASSWORD=
# MINIO_BUCKET=

# staging and prod: the warehouse.
# SNOWFLAKE_ACCOUNT=
# SNOWFLAKE_USER=
# SNOWFLAKE_PRIVATE_KEY_PATH=rsa_key.p8
# SNOWFLAKE_PRIVATE_KEY_PASSPHRASE=
# SNOWFLAKE_WAREHOUSE=
# SNOWFLAKE_DATABASE=
# SNOWFLAKE_ROLE=
)";

/// `${NAME:-value}` where YAML and the interpolation leave the value alone, else the
/// value.
std::string WithDefault(const std::string& variable, const std::string& value) {
  if (value.find_first_of("${}\"'\\\n\r\t ") == std::string::npos) {
    return "${" + variable + ":-" + value + "}";
  }
  std::string escaped;
  for (char c : value) escaped += c == '$' ? "$$" : std::string(1, c);
  return QuotedYamlText(escaped);
}

std::string SourceYaml(const MysqlSettings& mysql) {
  std::string yaml = "    type: mysql\n";
  if (mysql.socket.empty()) {
    yaml += "    host: " + WithDefault("MYSQL_HOST", mysql.host) + "\n";
    yaml += "    port: " + WithDefault("MYSQL_PORT", std::to_string(mysql.port)) + "\n";
  } else {
    yaml += "    socket: " + WithDefault("MYSQL_SOCKET", mysql.socket) + "\n";
  }
  yaml += "    user: " +
          (mysql.user.empty() ? "${MYSQL_USER}" : WithDefault("MYSQL_USER", mysql.user)) +
          "\n";
  // Without a password today the server may ask for one tomorrow.
  yaml += std::string("    password: ") +
          (mysql.password.empty() && !mysql.user.empty() ? "${MYSQL_PASSWORD:-}"
                                                         : "${MYSQL_PASSWORD}") +
          "  # in .env or the environment, never here\n";
  yaml += "    database: " +
          (mysql.database.empty() ? "${MYSQL_DATABASE}"
                                  : WithDefault("MYSQL_DATABASE", mysql.database)) +
          "\n";
  if (mysql.tls) {
    yaml += std::string("    tls: ") + TlsModeName(*mysql.tls) + "\n";
  } else {
    yaml += "    # tls: verify_identity  # or verify_ca, required, preferred, disabled\n";
  }
  yaml += "    # zero_dates: fail  # what 0000-00-00 becomes: fail, \"null\" or text\n";
  return yaml;
}

std::string ProjectYaml(const std::string& name, const MysqlSettings& mysql,
                        bool drafted) {
  std::string yaml =
      R"(# The whole project on one page. `keelboat check` says what does not work yet.
# ${NAME} and ${NAME:-default} come from the environment, or else from .env beside this file.

name: )" +
      YamlText(name) + R"(

# Where rows come from.
sources:
  )" + YamlText(name) +
      ":\n" + SourceYaml(mysql);
  yaml +=
      "\n# Which tables are moved, how each is loaded, and the rules that its rows "
      "keep.\n";
  if (drafted) {
    yaml += "tables:\n  from: " + YamlText(name) +
            "\n  metadata: metadata/table_metadata.json\n  contracts: schema/\n";
  } else {
    yaml +=
        "# Without `metadata` every table is loaded in full; without `contracts` nothing "
        "is "
        "checked.\ntables:\n  from: " +
        YamlText(name) +
        "\n  # metadata: metadata/table_metadata.json\n  # contracts: schema/\n";
  }
  yaml += R"(
# Delta Lake tables: Parquet files and a log, open to every reader of Delta Lake.
lake: {url: ./lake}

# Where analysts query. One DuckDB file; keelboat writes its tables into `schema`.
warehouse: {type: duckdb, path: warehouse.duckdb, schema: raw}

)";
  yaml +=
      drafted
          ? "# The models that keelboat builds after each load.\ndbt: {project: dbt}\n"
          : "# The models that keelboat builds after each load.\n"
            "# dbt: {project: dbt}\n";
  return yaml + R"(
run: {workers: auto, memory: 384MiB, snapshot: consistent}

# An environment overrides any part. Choose with --env or KEELBOAT_ENV; dev is the default.
# Each has a lake prefix and a database of its own. The variables of one are needed only
# when it is chosen: `keelboat --env staging check` says which are missing.
environments:
  dev: {}

  # MinIO and Snowflake.
  staging:
    lake:
      url: s3://${MINIO_BUCKET}/staging
)" + std::string(kMinio) +
         "    warehouse:\n" + std::string(kSnowflake) +
         R"(      database: ${SNOWFLAKE_DATABASE}_STAGING
      load: put

  # S3 and Snowflake, which reads the bucket itself.
  prod:
    lake:
      url: s3://${MINIO_BUCKET}/prod
)" + std::string(kMinio) +
         "    warehouse:\n" + std::string(kSnowflake) +
         R"(      database: ${SNOWFLAKE_DATABASE}
      load: stage
      storage_integration: ${SNOWFLAKE_STORAGE_INTEGRATION:-}  # empty: the lake's keys
)";
}

std::string EnvExample(const MysqlSettings& mysql) {
  const auto line = [](const std::string& name, const std::string& value) {
    const bool plain = value.find_first_of(" #'\"\\$\n\r\t") == std::string::npos;
    return name + "=" + (plain ? value : "'" + value + "'") + "\n";
  };
  std::string text =
      "# cp .env.example .env && chmod 600 .env, then fill it in. .env is not "
      "committed.\n";
  if (mysql.socket.empty()) {
    text +=
        line("MYSQL_HOST", mysql.host) + line("MYSQL_PORT", std::to_string(mysql.port));
  } else {
    text += line("MYSQL_SOCKET", mysql.socket);
  }
  // A single quote ends a quoted value here, and cannot stand in one.
  const auto safe = [](const std::string& value) {
    return value.find_first_of("'\n\r") == std::string::npos ? value : std::string();
  };
  text += line("MYSQL_USER", safe(mysql.user));
  text += line("MYSQL_PASSWORD", "change-me");
  text += line("MYSQL_DATABASE", safe(mysql.database));
  return text + std::string(kLaterVariables);
}

/// The columns that identify a row: the key, or else a unique index without nulls.
std::vector<std::string> KeyOf(const Relation& relation) {
  if (!relation.primary_key.empty()) return relation.primary_key;
  for (const Index& index : relation.indexes) {
    const bool whole = std::all_of(
        index.columns.begin(), index.columns.end(), [&](const std::string& column) {
          const auto field = relation.schema->GetFieldByName(column);
          return field != nullptr && !field->nullable();
        });
    if (index.unique && whole && !index.columns.empty()) return index.columns;
  }
  return {};
}

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Json TableMetadata(const Relation& relation,
                   const std::vector<CursorCandidate>& candidates) {
  Json table;
  const bool incremental = !candidates.empty() && candidates.front().follows_updates;
  table["load_strategy"] = incremental ? "incremental" : "full";
  // Under `full` it waits for the user to change the strategy.
  if (!candidates.empty()) table["incremental_column"] = candidates.front().column;
  if (!relation.comment.empty()) table["description"] = relation.comment;
  const std::vector<std::string> key = KeyOf(relation);
  if (!key.empty()) table["primary_key"] = key;
  return table;
}

/// Notes on one table that the user should decide about.
void AddNotes(const Relation& relation, const std::vector<CursorCandidate>& candidates,
              std::vector<std::string>* notes) {
  if (KeyOf(relation).empty()) {
    notes->push_back("table " + relation.table +
                     " has no key: its rows can be loaded, but not told apart");
  }
  if (candidates.empty()) return;
  const CursorCandidate& best = candidates.front();
  if (best.follows_updates) {
    notes->push_back("table " + relation.table + " is incremental on " + best.column +
                     ", as its name says that edits move it: check that they do");
  } else {
    notes->push_back("table " + relation.table + " could be incremental on " +
                     best.column + " (" + best.why +
                     ") if its rows are never edited; it is full");
  }
}

std::string MarkdownCell(std::string_view text) {
  std::string cell;
  for (char c : text) {
    if (c == '|') cell += '\\';
    cell += c == '\n' || c == '\r' ? ' ' : c;
  }
  return cell;
}

std::string Readme(const std::string& name, const std::vector<Relation>& relations) {
  std::string text = "# " + name + R"(

Moves tables from MySQL into a lake of Parquet, a DuckDB warehouse and dbt models.

```
cp .env.example .env && chmod 600 .env   # and fill it in
keelboat check                           # is everything there?
keelboat plan                            # what would a run do?
keelboat run                             # extract, load, transform
keelboat status                          # what is where, and how fresh
```

| file | what |
|---|---|
| `keelboat.yaml` | sources, lake, warehouse, environments |
| `metadata/table_metadata.json` | how each table is loaded |
| `schema/` | contracts: the rules that rows must keep; a row that breaks one stops its table |
| `dbt/` | models; `keelboat dbt -- test` runs any dbt command |
)";
  if (relations.empty()) return text;
  text +=
      "\n| table | rows, about | key | columns that an incremental load could follow |\n"
      "|---|---|---|---|\n";
  for (const Relation& relation : relations) {
    std::string candidates;
    for (const CursorCandidate& candidate : CursorCandidates(relation)) {
      candidates += (candidates.empty() ? "" : ", ") + candidate.column + " (" +
                    candidate.why + ")";
    }
    const auto rows = relation.estimated_rows;
    text += "| " + MarkdownCell(relation.table) + " | " +
            (rows ? std::to_string(*rows) : "") + " | " +
            MarkdownCell(Join(KeyOf(relation))) + " | " + MarkdownCell(candidates) +
            " |\n";
  }
  return text + R"(
A table whose `load_strategy` is `full` is read whole, and `incremental_column` only says which column it could follow.
Make it `incremental` or `hybrid` where that column moves whenever a row is added or edited, or rows will be missed.
)";
}

/// Whether schema/<table>.json is a file right below schema/.
bool NamesAFile(const std::string& table) {
  return table.find('/') == std::string::npos && table.find('\0') == std::string::npos &&
         !table.starts_with('.') && table.size() <= 200;
}

}  // namespace

std::vector<ProjectFile> EmptyProject(const std::string& name) {
  const std::string plain = PlainName(name);
  MysqlSettings mysql;
  return {{"keelboat.yaml", ProjectYaml(plain, mysql, false)},
          {".env.example", EnvExample(mysql)},
          {".gitignore", std::string(kGitignore)},
          {"README.md", Readme(plain, {})}};
}

arrow::Result<DraftedProject> DraftProject(const std::string& name,
                                           const MysqlSettings& mysql,
                                           const std::vector<Relation>& relations) {
  const std::string plain = PlainName(name);
  DraftedProject project;
  Json metadata = Json::object();
  std::vector<ProjectFile> contracts;
  for (const Relation& relation : relations) {
    const auto candidates = CursorCandidates(relation);
    metadata[relation.table] = TableMetadata(relation, candidates);
    AddNotes(relation, candidates, &project.notes);
    if (!NamesAFile(relation.table)) {
      project.notes.push_back("table " + relation.table +
                              " got no contract: its name cannot be a file's");
      continue;
    }
    auto contract = DraftContract(relation.table, *relation.schema, KeyOf(relation));
    if (!contract.ok()) {
      return AddContext(contract.status(), "drawing the contract of " + relation.table);
    }
    contracts.push_back({"schema/" + relation.table + ".json", *std::move(contract)});
  }
  project.files = {
      {"keelboat.yaml", ProjectYaml(plain, mysql, true)},
      {".env.example", EnvExample(mysql)},
      {".gitignore", std::string(kGitignore)},
      {"README.md", Readme(plain, relations)},
      {"metadata/table_metadata.json",
       metadata.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"},
  };
  std::move(contracts.begin(), contracts.end(), std::back_inserter(project.files));
  for (ProjectFile& file : DraftDbtProject(plain, plain, relations)) {
    project.files.push_back(std::move(file));
  }
  return project;
}

}  // namespace keelboat
