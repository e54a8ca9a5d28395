#include "app/config.h"

#include <gtest/gtest.h>

#include "app/config_folder.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhole = R"(name: olist
sources:
  shop: {type: mysql, host: ${MYSQL_HOST:-127.0.0.1}, port: ${MYSQL_PORT:-3306}, user: shop, password: ${MYSQL_PASSWORD}, database: olist, tls: required, zero_dates: "null", read_timeout: 5m, statement_timeout: 1h, compress: true}
  bi: {type: metabase, url: "https://bi.example.org", api_key: ${BI_KEY:-mb_key}, database: Growth}
tables: {from: shop, metadata: metadata/table_metadata.json, contracts: schema/}
queries: queries/
teams: {growth: Growth Team Clickhouse Connection}
lake: {url: ./lake}
warehouse: {type: duckdb, path: data/w.duckdb}
dbt: {project: dbt}
run: {workers: auto, memory: 512MiB, snapshot: per_table}
alerts: {on: [failure]}
environments:
  dev: {}
  prod:
    sources: {shop: {host: ${PROD_HOST}, tls: ~}}
    lake: {url: s3://bucket/olist/, endpoint: ${MINIO_ENDPOINT}, access_key: ${MINIO_KEY}, secret_key: ${MINIO_SECRET}}
    warehouse: {type: snowflake, account: ${SNOWFLAKE_ACCOUNT}, user: u, password: ${SNOWFLAKE_PASSWORD}, warehouse: w, database: d, load: stage}
    alerts: {slack: {webhook: ${SLACK}}}
    run: {workers: 8}
)";

/// A project with the files that `kWhole` names.
class ConfigTest : public ConfigFolder {
 protected:
  void WriteWhole() {
    Write("keelboat.yaml", kWhole);
    Write("metadata/table_metadata.json", "{}");
    Write("schema/orders.json", "{}");
    Write("dbt/dbt_project.yml", "name: olist");
  }
};

TEST_F(ConfigTest, ReadsEverySection) {
  WriteWhole();
  const auto config = Load({{"MYSQL_PASSWORD", "pw"}, {"MYSQL_PORT", "3307"}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, "olist");
  EXPECT_EQ(config->environment, "dev");
  EXPECT_EQ(config->project_dir, folder_);
  EXPECT_EQ(config->file, folder_ / "keelboat.yaml");
  const auto* mysql = &std::get<MysqlSettings>(config->sources.at("shop").settings);
  EXPECT_EQ(mysql->host, "127.0.0.1");
  EXPECT_EQ(mysql->port, 3307);
  EXPECT_EQ(mysql->password.Reveal(), "pw");
  EXPECT_EQ(mysql->tls, TlsMode::kRequired);
  EXPECT_EQ(mysql->zero_dates, ZeroDates::kNull);
  EXPECT_EQ(mysql->read_timeout, std::chrono::minutes(5));
  EXPECT_EQ(mysql->statement_timeout, std::chrono::hours(1));
  EXPECT_EQ(mysql->compress, true);
  const auto& metabase = std::get<MetabaseSettings>(config->sources.at("bi").settings);
  EXPECT_EQ(metabase.api_key.Reveal(), "mb_key");
  EXPECT_EQ(metabase.connections, std::nullopt);
  EXPECT_EQ(metabase.retries, 3);
  EXPECT_EQ(metabase.tls_verify, std::nullopt);
  EXPECT_EQ(metabase.read_timeout, std::chrono::minutes(25));
  ASSERT_EQ(config->tables.size(), 1u);
  EXPECT_EQ(config->tables[0].from, "shop");
  EXPECT_EQ(config->tables[0].metadata, folder_ / "metadata/table_metadata.json");
  EXPECT_EQ(config->tables[0].contracts, folder_ / "schema");
  EXPECT_EQ(config->queries, folder_ / "queries");
  EXPECT_EQ(config->teams.at("growth"), "Growth Team Clickhouse Connection");
  EXPECT_EQ(config->lake.kind, LakeKind::kLocal);
  EXPECT_EQ(config->lake.path, folder_ / "lake");
  const auto& duckdb = std::get<DuckdbSettings>(config->warehouse.settings);
  EXPECT_EQ(duckdb.path, folder_ / "data/w.duckdb");
  EXPECT_EQ(duckdb.schema, "raw");
  ASSERT_TRUE(config->dbt.has_value());
  EXPECT_EQ(config->dbt->project, folder_ / "dbt");
  EXPECT_EQ(config->dbt->target, "dev");
  EXPECT_EQ(config->run.workers, std::nullopt);
  EXPECT_EQ(config->run.memory_bytes, int64_t{512} << 20);
  EXPECT_TRUE(config->alerts.on_failure);
  EXPECT_FALSE(config->alerts.on_recovery);
  EXPECT_TRUE(config->warnings.empty());
  EXPECT_TRUE(CheckSupported(*config, {true, true}).ok());
}

TEST_F(ConfigTest, EnvironmentOverridesPartByPart) {
  WriteWhole();
  const auto config = Load({{"MYSQL_PASSWORD", "pw"},
                            {"PROD_HOST", "db.example.org"},
                            {"MINIO_ENDPOINT", "http://minio:9000"},
                            {"MINIO_KEY", "k"},
                            {"MINIO_SECRET", "s"},
                            {"SNOWFLAKE_ACCOUNT", "acc"},
                            {"SNOWFLAKE_PASSWORD", "sp"},
                            {"SLACK", "https://hooks.example.org/x"}},
                           "prod");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->environment, "prod");
  const auto* mysql = &std::get<MysqlSettings>(config->sources.at("shop").settings);
  EXPECT_EQ(mysql->host, "db.example.org");
  EXPECT_EQ(mysql->user, "shop");
  EXPECT_EQ(mysql->tls, std::nullopt);
  EXPECT_EQ(config->lake.kind, LakeKind::kS3);
  EXPECT_EQ(config->lake.bucket, "bucket");
  EXPECT_EQ(config->lake.prefix, "olist");
  EXPECT_EQ(config->lake.endpoint, "http://minio:9000");
  const auto& snowflake = std::get<SnowflakeSettings>(config->warehouse.settings);
  EXPECT_EQ(snowflake.account, "acc");
  EXPECT_EQ(snowflake.load, SnowflakeLoad::kStage);
  EXPECT_EQ(config->run.workers, 8);
  EXPECT_EQ(config->run.memory_bytes, int64_t{512} << 20);
  EXPECT_EQ(config->dbt->target, "prod");
}

TEST_F(ConfigTest, RefusesWhatIsUsedAndDoesNotWorkYet) {
  WriteWhole();
  auto config = *Load({{"MYSQL_PASSWORD", "pw"}});
  const auto message = [&](const ConfigUse& use) {
    const arrow::Status status = CheckSupported(config, use);
    EXPECT_TRUE(status.ok() || KindOf(status) == ErrorKind::kConfig);
    return status.message();
  };
  const ConfigUse extract{.extract = true};
  const ConfigUse observe{.observe = true};

  auto changed = config;
  config.tables[0].from = "bi";
  EXPECT_EQ(message(extract), "");
  config.tables[0].from = "bu";
  EXPECT_HAS(message(extract), "there is no source 'bu' (did you mean 'bi'?)");
  config = changed;
  config.alerts.slack_webhook = Secret("https://hooks.example.org/x");
  EXPECT_HAS(message(observe), "keelboat.yaml:12: alerts");
  EXPECT_EQ(message(extract), "");
  config = changed;
  config.telemetry.prometheus = "/x";
  EXPECT_HAS(message(observe), "telemetry");
}

TEST_F(ConfigTest, DefaultsAreEnough) {
  WriteMinimal("");
  const auto config = Load();
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, folder_.filename());
  EXPECT_EQ(config->environment, "default");
  EXPECT_EQ(config->lake.path, folder_ / "lake");
  EXPECT_EQ(std::get<DuckdbSettings>(config->warehouse.settings).path,
            folder_ / "warehouse.duckdb");
  EXPECT_EQ(config->run.memory_bytes, int64_t{384} << 20);
  EXPECT_EQ(config->run.snapshot, SnapshotMode::kConsistent);
  ASSERT_EQ(config->tables.size(), 1u);
  EXPECT_EQ(config->tables[0].from, "shop");
  EXPECT_EQ(config->tables[0].metadata, "");
  EXPECT_EQ(config->tables[0].contracts, "");
  EXPECT_FALSE(config->dbt.has_value());

  Write("metadata/table_metadata.json", "{}");
  Write("schema/a.json", "{}");
  Write("dbt/dbt_project.yml", "");
  const auto fuller = *Load();
  EXPECT_EQ(fuller.tables[0].metadata, folder_ / "metadata/table_metadata.json");
  EXPECT_EQ(fuller.tables[0].contracts, folder_ / "schema");
  EXPECT_EQ(fuller.dbt->project, folder_ / "dbt");
  EXPECT_EQ(fuller.dbt->target, "default");
}

TEST_F(ConfigTest, ChoosesTheEnvironment) {
  WriteMinimal("environments:\n  staging: {name: s}\n  production: {name: p}\n");
  EXPECT_EQ(Load()->environment, "default");
  EXPECT_EQ(Load({{"KEELBOAT_ENV", "staging"}})->name, "s");
  EXPECT_EQ(Load({{"KEELBOAT_ENV", "staging"}}, "production")->name, "p");
  EXPECT_HAS(ErrorOf({}, "prodution"), "did you mean 'production'?");
  EXPECT_HAS(ErrorOf({}, "zzzzzz"), "defined: staging, production");
  EXPECT_HAS(ErrorOf({{"KEELBOAT_ENV", "qa"}}), "(from KEELBOAT_ENV)");
  Write(".env", "KEELBOAT_ENV=staging\n");
  EXPECT_EQ(Load()->environment, "staging");
  WriteMinimal("environments:\n  dev:\n");
  fs::remove(folder_ / ".env");
  EXPECT_EQ(Load()->environment, "dev");
}

TEST_F(ConfigTest, BadFilesNameLineAndRemedy) {
  Write("empty/.keep", "");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"lak: {}\n", "keelboat.yaml:3: unknown key 'lak' (did you mean 'lake'?)"},
      {"zzzzzzzzzz: {}\n", "unknown key 'zzzzzzzzzz'; known keys: alerts, dbt"},
      {"run: {worker: 2}\n", "unknown key 'worker' in run (did you mean 'workers'?)"},
      {"run:\n  workers: many\n",
       "keelboat.yaml:4: run.workers: 'many' is not a whole number from 1 to 64"},
      {"run: {workers: 0}\n", "run.workers"},
      {"run: {workers: [1]}\n", "run.workers must be a text, found a list"},
      {"run: [1]\n", "keelboat.yaml:3: run must be a mapping (key: value), found a list"},
      {"run: {memory: 384}\n", "run.memory: '384' is not a size"},
      {"run: {memory: 1MiB}\n", "at least 64MiB"},
      {"run: {snapshot: consistant}\n",
       "run.snapshot: 'consistant' is not consistent or per_table (did you mean "
       "'consistent'?)"},
      {"warehouse: {type: duckbd}\n", "did you mean 'duckdb'?"},
      {"warehouse: {path: x}\n", "warehouse.type is missing"},
      {"warehouse: {type: duckdb, account: x}\n", "unknown key 'account' in warehouse"},
      {"warehouse: {type: duckdb, path: \":memory:\"}\n", "must be a file's path"},
      {"lake: {url: gs://x}\n", "s3://bucket/prefix, not gs://"},
      {"lake: {url: s3://u:p@b}\n", "no bucket's name"},
      {"lake: {url: .}\n", "a folder of its own"},
      {"lake: {url: file://x}\n", "absolute path"},
      {"lake: {url: s3://bucket, endpoint: \"ftp://minio:9000\"}\n",
       "http:// or https://"},
      {"lake: {url: s3://bucket, access_key: x}\n", "lake.secret_key is missing"},
      {"tables: {from: shp}\n", "there is no source 'shp' (did you mean 'shop'?)"},
      {"tables: {metadata: nowhere.json}\n", "tables.metadata: there is no file"},
      {"tables: {contracts: nowhere}\n", "tables.contracts: there is no folder"},
      {"tables: [{from: shop}, {form: shop}]\n", "unknown key 'form' in tables[1]"},
      {"dbt: {project: empty}\n", "there is no dbt_project.yml in"},
      {"dbt: {threads: 100}\n", "dbt.threads"},
      {"alerts: {on: failure}\n", "alerts.on must be a list"},
      {"alerts: {on: [recovry]}\n", "did you mean 'recovery'?"},
      {"alerts: {slak: {}}\n", "did you mean 'slack'?"},
      {"telemetry: {otlp: \"https://u:hunter2@x\"}\n", "must not hold a user"},
      {"name: ${NOPE}\n", "keelboat.yaml:3: name: variable NOPE is not set"},
      {"name: ${NOPE}\n", ".env, or write ${NOPE:-default}"},
      {"name: ${NAME_OF_SHAP}\n", "did you mean 'NAME_OF_SHOP'?"},
      {"name: ${NO PE}\n", "keelboat.yaml:3: name: malformed variable ${NO PE}"},
      {"run: {workers: ${WORKERS}}\n", "run.workers: 'few' (${WORKERS}) is not"},
      {"run: {workers: ${A_PASSWORD}}\n", "run.workers: what ${A_PASSWORD} holds is not"},
      {"environments: [dev]\n", "environments must be a mapping"},
      {"environments: {dev: [x]}\n", "must be a mapping"},
      {"environments: {dev: {lak: x}}\n", "unknown key 'lak'"},
      {"environments: {dev: {}, prod: {lake: {urls: x}}}\n",
       "keelboat.yaml:3: unknown key 'urls' in lake (did you mean 'url'?)"},
      {"environments: {dev: {}, prod: {run: {workers: x}}}\n", "run.workers: 'x'"},
      {"environments: {dev: {environments: {}}}\n", "cannot be nested"},
      {"environments: {\"a b\": {}}\n", "environment's name"},
      {"run: {workers: 1\n", "broken YAML"},
  };
  const std::map<std::string, std::string> variables = {
      {"NAME_OF_SHOP", "x"}, {"WORKERS", "few"}, {"A_PASSWORD", "hunter2"}};
  for (const auto& [more, message] : cases) {
    WriteMinimal(more);
    EXPECT_HAS(ErrorOf(variables), message);
    EXPECT_EQ(ErrorOf(variables).find("hunter2"), std::string::npos);
  }
}

TEST_F(ConfigTest, BadSourcesNameLineAndRemedy) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{type: mysq}",
       "keelboat.yaml:2: sources.a.type: 'mysq' is not mysql or metabase"},
      {"{user: u}", "sources.a.type is missing"},
      {"mysql", "sources.a must be a mapping"},
      {"{type: mysql, database: d}", "sources.a.user is missing"},
      {"{type: mysql, user: ${EMPTY}, database: d}", "sources.a.user is empty"},
      {"{type: mysql, user: u}", "sources.a.database is missing"},
      {"{type: mysql, user: u, database: d, port: 70000}", "from 1 to 65535"},
      {"{type: mysql, user: u, database: d, host: \"db:3306\"}", "host name or address"},
      {"{type: mysql, user: u, database: d, host: \"db \"}", "host name or address"},
      {"{type: mysql, user: u, database: d, socket: /" + std::string(107, 's') + "}",
       "no socket's path is longer than 107"},
      {"{type: mysql, user: u, database: d, host: \"mysql://u:hunter2@h\"}", "alone"},
      {"{type: mysql, user: u, database: d, tls: off}", "verify_identity, verify_ca"},
      {"{type: mysql, user: u, database: d, tls_ca: no.pem}", "there is no file"},
      {"{type: mysql, user: u, database: d, tls_key: no.key}", "go together"},
      {"{type: mysql, user: u, database: d, compress: lz4}", "auto"},
      {"{type: mysql, user: u, database: d, pasword: hunter2}",
       "did you mean 'password'?"},
      {"{type: mysql, user: u, database: d, read_timeout: 5}", "is not a duration"},
      {"{type: metabase, url: bi.example.org, api_key: k}", "http:// or https://"},
      {"{type: metabase, url: \"https://x\"}", "sources.a.username is missing"},
  };
  for (const auto& [source, message] : cases) {
    Write("keelboat.yaml", "sources:\n  a: " + source + "\n");
    EXPECT_HAS(ErrorOf({{"EMPTY", ""}}), message);
    EXPECT_EQ(ErrorOf({{"EMPTY", ""}}).find("hunter2"), std::string::npos);
  }
  Write("keelboat.yaml", "");
  EXPECT_HAS(ErrorOf(), "sources is missing");
  Write("keelboat.yaml", "- a\n");
  EXPECT_HAS(ErrorOf(), "the file must be a mapping");
}

TEST_F(ConfigTest, ReportsEverythingAtOnceInOrder) {
  WriteMinimal("run: {workers: x}\nlak: {}\nname: ${NOPE}\n");
  const std::string message = ErrorOf();
  const std::size_t first = message.find("keelboat.yaml:3:");
  const std::size_t second = message.find("\nkeelboat.yaml:4:");
  const std::size_t third = message.find("\nkeelboat.yaml:5:");
  EXPECT_LT(first, second) << message;
  EXPECT_LT(second, third) << message;
  EXPECT_EQ(DetailOf(Load().status(), "line"), "3");
}

TEST_F(ConfigTest, RedactsSecretsHoweverTheyAreSpelled) {
  WriteMinimal("");
  Write(".env", "API_KEY='a b/\"c'\nHARMLESS=visible\n");
  auto config = *Load();
  auto& mysql = std::get<MysqlSettings>(config.sources.at("shop").settings);
  mysql.password = Secret("hunter2");
  config.lake.secret_key = Secret("hunter2hunter2");
  config.lake.access_key = Secret("ab");
  EXPECT_EQ(RedactSecrets("x hunter2 y hunter2hunter2!", config), "x *** y ***!");
  EXPECT_EQ(RedactSecrets("a b/\"c a%20b%2F%22c a b/\\\"c", config), "*** *** ***");
  EXPECT_EQ(RedactSecrets("ab cab (ab) abc visible", config),
            "*** cab (***) abc visible");
  EXPECT_EQ(RedactSecrets("", config), "");
  std::ostringstream shown;
  shown << mysql.password << Secret();
  EXPECT_EQ(shown.str(), "***");
}

}  // namespace
}  // namespace keelboat
