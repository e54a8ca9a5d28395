#include "app/config.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "app/config_sections.h"
#include "app/dotenv.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 4 << 20;

arrow::Result<std::string> ReadText(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error && size > kLargestFile) {
    return MakeError(ErrorKind::kConfig, path.string() +
                                             " is too large to be a "
                                             "configuration (over 4 MiB)");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  // An empty file sets failbit on the output stream only.
  if (!file) {
    return MakeError(ErrorKind::kConfig, "cannot read " + path.string() +
                                             ": check that it is a file and its "
                                             "permissions");
  }
  return text.str();
}

arrow::Result<fs::path> ProjectFolder(const fs::path& given) {
  std::error_code error;
  const fs::path folder = fs::canonical(given, error);
  if (error || !fs::is_directory(folder, error)) {
    return MakeError(ErrorKind::kNotFound,
                     "there is no project folder " + given.string() + ": check -C");
  }
  return folder;
}

/// Reads .env where there is one; fills `config` and returns all variables there are.
arrow::Result<std::map<std::string, std::string>> ReadVariables(
    const LoadOptions& options, ProjectConfig* config) {
  std::map<std::string, std::string> variables = options.environment;
  const fs::path path = config->project_dir / kDotenvFile;
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return variables;
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadText(path));
  ARROW_ASSIGN_OR_RAISE(Dotenv dotenv, ParseDotenv(text, kDotenvFile));
  config->warnings = std::move(dotenv.warnings);
  if ((status.st_mode & S_IROTH) != 0) {
    config->warnings.push_back(path.string() +
                               " can be read by every user of this machine: chmod 600 " +
                               path.string());
  }
  for (auto& [name, value] : dotenv.variables) {
    if (variables.emplace(name, value).second) config->dotenv.emplace(name, value);
  }
  return variables;
}

std::vector<std::string> EnvironmentNames(const ConfigNode& root) {
  std::vector<std::string> names;
  if (const ConfigNode* environments = root.Find("environments")) {
    for (const ConfigEntry& entry : environments->entries) names.push_back(entry.key);
  }
  return names;
}

/// Chooses the environment by --env, KEELBOAT_ENV or default.
arrow::Result<std::string> ChooseEnvironment(
    const LoadOptions& options, const std::map<std::string, std::string>& variables,
    const std::vector<std::string>& names) {
  std::string chosen = options.environment_name;
  std::string from = "--env";
  if (chosen.empty()) {
    const auto found = variables.find("KEELBOAT_ENV");
    if (found != variables.end()) chosen = found->second;
    from = "KEELBOAT_ENV";
  }
  const auto defined = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (chosen.empty()) return defined("dev") ? "dev" : kDefaultEnvironment;
  if (defined(chosen) || (names.empty() && chosen == kDefaultEnvironment)) return chosen;
  std::string known;
  for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
  return MakeError(
      ErrorKind::kConfig,
      "there is no environment '" + chosen + "' (from " + from + ")" +
          DidYouMean(chosen, names) +
          (names.empty() ? "; keelboat.yaml defines none under `environments`"
                         : "; defined: " + known),
      {{"environment", chosen}});
}

void CheckEnvironments(const ConfigNode& root, ConfigContext& context) {
  const ConfigNode* environments = root.Find("environments");
  if (environments == nullptr || environments->kind == ConfigNode::Kind::kNull) return;
  if (environments->kind != ConfigNode::Kind::kMap) {
    return context.AddError(environments->line,
                            "environments must be a mapping (dev: {…}), found " +
                                std::string(environments->KindName()));
  }
  for (const ConfigEntry& entry : environments->entries) {
    const bool valid =
        !entry.key.empty() &&
        std::all_of(entry.key.begin(), entry.key.end(), [](unsigned char c) {
          return c < 0x80 && (std::isalnum(c) || c == '_' || c == '-');
        });
    if (!valid) {
      context.AddError(entry.line,
                       "an environment's name is made of letters, digits, _ "
                       "and -: '" +
                           entry.key + "'");
    }
    if (entry.value.Find("environments") != nullptr) {
      context.AddError(entry.line, "environments cannot be nested");
    }
  }
}

/// The file's tree with one environment's part laid over it.
ConfigNode ForEnvironment(const ConfigNode& root, const std::string& environment) {
  const ConfigNode* environments = root.Find("environments");
  const ConfigNode* over =
      environments == nullptr ? nullptr : environments->Find(environment);
  if (over == nullptr || over->kind == ConfigNode::Kind::kNull) return root;
  return MergeConfig(root, *over);
}

arrow::Status ReadProjectFile(const LoadOptions& options,
                              const std::map<std::string, std::string>& variables,
                              ProjectConfig* config) {
  ARROW_ASSIGN_OR_RAISE(const std::string text, ReadText(config->file));
  ARROW_ASSIGN_OR_RAISE(const ConfigNode root, ParseConfigYaml(text, kProjectFile));
  ConfigContext context(kProjectFile, config->project_dir, variables);
  CheckEnvironments(root, context);
  const std::vector<std::string> names = EnvironmentNames(root);
  ARROW_ASSIGN_OR_RAISE(config->environment,
                        ChooseEnvironment(options, variables, names));
  ReadSections(ForEnvironment(root, config->environment), context, config);
  context.dry = true;
  for (const std::string& name : names) {
    if (name == config->environment) continue;
    ProjectConfig unused;
    unused.project_dir = config->project_dir;
    ReadSections(ForEnvironment(root, name), context, &unused);
  }
  return context.Finish();
}

}  // namespace

arrow::Result<ProjectConfig> LoadProject(const LoadOptions& options) {
  ProjectConfig config;
  ARROW_ASSIGN_OR_RAISE(config.project_dir, ProjectFolder(options.project_dir));
  ARROW_ASSIGN_OR_RAISE(const auto variables, ReadVariables(options, &config));
  std::error_code error;
  const fs::path file = config.project_dir / kProjectFile;
  if (fs::exists(fs::symlink_status(file, error))) {
    config.file = file;
    ARROW_RETURN_NOT_OK(ReadProjectFile(options, variables, &config));
  } else {
    ConfigContext context("environment", config.project_dir, variables);
    ReadOldVariables(context, &config);
    ARROW_RETURN_NOT_OK(context.Finish());
    ARROW_ASSIGN_OR_RAISE(config.environment, ChooseEnvironment(options, variables, {}));
  }
  FillDefaults(&config);
  return config;
}

arrow::Result<const SourceConfig*> SourceOf(const ProjectConfig& config,
                                            const std::string& name) {
  const auto found = config.sources.find(name);
  if (found == config.sources.end()) {
    std::vector<std::string> names;
    for (const auto& [known, source] : config.sources) names.push_back(known);
    return MakeError(ErrorKind::kConfig,
                     "there is no source '" + name + "'" + DidYouMean(name, names),
                     {{"source", name}});
  }
  return &found->second;
}

}  // namespace keelboat
