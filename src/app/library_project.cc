#include <filesystem>
#include <mutex>
#include <utility>
#include <variant>

#include "app/config.h"
#include "app/database_url.h"
#include "app/project.h"
#include "app/proxy_variables.h"
#include "app/surroundings.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "keelboat/project.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr const char* kQueries = "queries";
constexpr int kMostConnections = 16;

bool IsUrl(std::string_view text) { return text.find("://") != std::string_view::npos; }

// Where a source is, fit to be shown.
std::string PlaceOf(const SourceConfig& source) {
  if (const auto* mysql = std::get_if<MysqlSettings>(&source.settings)) {
    const std::string host = mysql->socket.empty()
                                 ? mysql->host + ":" + std::to_string(mysql->port)
                                 : mysql->socket;
    return host + "/" + mysql->database;
  }
  return std::get<MetabaseSettings>(source.settings).url;
}

arrow::Result<SourceConfig> ParseUrl(std::string url, const Surroundings& surroundings) {
  SourceConfig source;
  for (std::size_t i = 0; url[i] != ':'; ++i) {
    if (url[i] >= 'A' && url[i] <= 'Z') url[i] = static_cast<char>(url[i] - 'A' + 'a');
  }
  if (url.starts_with("http://") || url.starts_with("https://")) {
    MetabaseSettings defaults;
    defaults.api_key = Secret(VariableOf(surroundings, "METABASE_API_KEY"));
    defaults.username = VariableOf(surroundings, "METABASE_USERNAME");
    defaults.password = Secret(VariableOf(surroundings, "METABASE_PASSWORD"));
    defaults.database = VariableOf(surroundings, "METABASE_DATABASE");
    // The fetch says how many there are; nobody wrote that fewer are wanted.
    defaults.connections = kMostConnections;
    ARROW_ASSIGN_OR_RAISE(MetabaseSettings metabase, ParseMetabaseUrl(url, defaults));
    SetProxyFrom(surroundings.variables, &metabase);
    source.settings = std::move(metabase);
  } else if (url.starts_with("mysql://") || url.starts_with("mariadb://")) {
    MysqlSettings defaults;
    defaults.user = VariableOf(surroundings, "MYSQL_USER");
    defaults.password = Secret(VariableOf(surroundings, "MYSQL_PASSWORD"));
    ARROW_ASSIGN_OR_RAISE(source.settings, ParseDatabaseUrl(url, defaults));
  } else {
    return MakeError(ErrorKind::kConfig,
                     "keelboat reads mysql://…, mariadb://… and, for Metabase, http://… "
                     "and https://…, not " +
                         url.substr(0, url.find("://") + 3));
  }
  source.name = PlaceOf(source);
  return source;
}

}  // namespace

struct NamedSource::State {
  SourceConfig source;
  ProjectConfig config;  // To know its secrets.
  std::vector<std::string> query_folders;

  std::mutex mutex;
  std::map<std::string, std::shared_ptr<DataSource>> opened;  // By database.
};

arrow::Result<ProjectInfo> DescribeProject(const Surroundings& surroundings) {
  ARROW_ASSIGN_OR_RAISE(ProjectConfig config, LoadConfiguration(surroundings));
  ProjectInfo info;
  info.name = config.name;
  info.dir = config.project_dir.string();
  info.environment = config.environment;
  for (const auto& [name, source] : config.sources) {
    info.sources[name] =
        std::holds_alternative<MysqlSettings>(source.settings) ? "mysql" : "metabase";
  }
  info.teams = config.teams;
  info.queries = config.queries.string();
  info.lake = config.lake.kind == LakeKind::kLocal
                  ? config.lake.path.string()
                  : "s3://" + config.lake.bucket + "/" + config.lake.prefix;
  return info;
}

std::vector<std::string> QueryFolders(const Surroundings& surroundings) {
  std::vector<std::string> folders;
  const std::string project = VariableOf(surroundings, kProjectVariable);
  if (!project.empty()) folders.push_back((fs::path(project) / kQueries).string());
  folders.push_back((fs::path(surroundings.project_dir) / kQueries).string());
  return folders;
}

arrow::Result<NamedSource> NamedSource::Find(const std::string& name_or_url,
                                             const Surroundings& surroundings) {
  auto state = std::make_shared<State>();
  state->query_folders = QueryFolders(surroundings);
  if (IsUrl(name_or_url)) {
    ARROW_ASSIGN_OR_RAISE(state->source, ParseUrl(name_or_url, surroundings));
    state->config.sources[state->source.name] = state->source;
    return NamedSource(std::move(state));
  }
  const bool address = name_or_url.find_first_of(".:/@") != std::string::npos;
  const std::string hint = address ? ": it begins with https:// or mysql://" : "";
  // A URL that lost its scheme may have kept its password.
  const std::string name = name_or_url.substr(name_or_url.rfind('@') + 1);
  auto config = LoadConfiguration(surroundings);
  if (!config.ok() && address) {
    return config.status().WithMessage(
        name, " is no URL", hint,
        "; and no source of a project: ", config.status().message());
  }
  ARROW_ASSIGN_OR_RAISE(state->config, std::move(config));
  const auto found = state->config.sources.find(name_or_url);
  if (found == state->config.sources.end()) {
    std::vector<std::string> names;
    std::string all;
    for (const auto& [known, source] : state->config.sources) {
      names.push_back(known);
      all += (all.empty() ? "" : ", ") + known;
    }
    return MakeError(ErrorKind::kNotFound,
                     "the project has no source " + name + DidYouMean(name, names) +
                         "; it has " + (all.empty() ? "none" : all) +
                         ", and a URL works as well" + hint,
                     {{"source", name}});
  }
  state->source = found->second;
  state->query_folders.push_back(state->config.queries.string());
  return NamedSource(std::move(state));
}

const std::string& NamedSource::name() const { return state_->source.name; }

const std::vector<std::string>& NamedSource::query_folders() const {
  return state_->query_folders;
}

const std::vector<std::string>& NamedSource::warnings() const {
  return state_->config.warnings;
}

std::string NamedSource::Redact(std::string_view text) const {
  return RedactSecrets(text, state_->config);
}

arrow::Result<std::shared_ptr<DataSource>> NamedSource::Open(
    const std::string& database) const {
  std::lock_guard lock(state_->mutex);
  std::shared_ptr<DataSource>& opened = state_->opened[database];
  if (opened != nullptr) return opened;
  auto settings = state_->source.settings;
  if (!database.empty()) {
    const auto team = state_->config.teams.find(database);
    const std::string& name =
        team == state_->config.teams.end() ? database : team->second;
    std::visit([&](auto& place) { place.database = name; }, settings);
  }
  ARROW_ASSIGN_OR_RAISE(auto source, MakeSource(state_->source.name, settings));
  opened = DataSource::Of(std::move(source));
  return opened;
}

arrow::Result<std::shared_ptr<FetchReader>> FetchFrom(const NamedSource& source,
                                                      const FetchQuestion& question,
                                                      const FetchOptions& given) {
  const auto& values = question.parameters;
  int asked = 0;
  for (const std::string* one :
       {&question.sql, &question.query, &question.table, &question.card}) {
    if (!one->empty()) ++asked;
  }
  if (asked != 1) {
    return MakeError(ErrorKind::kConfig,
                     "say what to fetch: SQL, a query's name, a table or a saved "
                     "question; one of them");
  }
  if (!question.table.empty() && !values.empty()) {
    return MakeError(ErrorKind::kConfig,
                     "a table has no parameters: leave them out, or write a query");
  }
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : values) texts[name] = value.text;
  FetchOptions options = given;
  std::string database = question.database;
  NamedQuery query;
  if (!question.query.empty()) {
    ARROW_ASSIGN_OR_RAISE(query, FindQuery(question.query, source.query_folders()));
    if (database.empty()) database = query.database;
    if (options.partition_on.empty()) options.partition_on = query.partition_on;
  }
  ARROW_ASSIGN_OR_RAISE(auto opened, source.Open(database));
  if (!question.table.empty()) return FetchTable(opened, question.table, options);
  if (!question.card.empty()) return FetchCard(opened, question.card, texts, options);
  std::string sql = question.sql;
  if (!values.empty() || !query.parameters.empty()) {
    // Without parameters nobody needs to know the dialect.
    ARROW_ASSIGN_OR_RAISE(const std::string dialect, opened->Dialect(options.stop));
    ARROW_ASSIGN_OR_RAISE(sql, question.query.empty()
                                   ? BindSql(question.sql, values, dialect)
                                   : BindQuery(query, texts, dialect));
  } else if (!question.query.empty()) {
    sql = query.sql;
  }
  return FetchQuery(opened, sql, options);
}

}  // namespace keelboat
