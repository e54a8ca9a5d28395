#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "app/query_file.h"
#include "app/sql_literal.h"
#include "app/sql_template.h"
#include "app/template_files.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "keelboat/query.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".sql";
constexpr std::uintmax_t kLargestFile = 4 << 20;

bool IsQueryName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

arrow::Result<NamedQuery> ReadQuery(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file && size > 0) text << file.rdbuf();
  if (error || !file || !text || size > kLargestFile) {
    return MakeError(ErrorKind::kConfig,
                     "reading query " + path.string() +
                         (size > kLargestFile && !error
                              ? ": it is too large to be a query (over 4 MiB)"
                              : ": it cannot be read"));
  }
  ARROW_ASSIGN_OR_RAISE(NamedQuery query,
                        ParseQueryFile(text.str(), path.stem().string(), path.string()));
  query.file = path.string();
  return query;
}

std::vector<fs::path> FilesOf(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;  // A folder that is not there, or goes, has no more files.
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const fs::path& path = at->path();
    if (path.extension() == kExtension && IsQueryName(path.stem().string())) {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string NameOf(const TemplateFile& sample) {
  return std::string(sample.path.substr(0, sample.path.size() - kExtension.size()));
}

arrow::Result<NamedQuery> ParseSample(const TemplateFile& sample) {
  return ParseQueryFile(sample.text, NameOf(sample),
                        "sample " + std::string(sample.path));
}

std::vector<std::string> NamesIn(const std::vector<std::string>& folders) {
  std::set<std::string> names;
  for (const std::string& folder : folders) {
    for (const fs::path& path : FilesOf(folder)) names.insert(path.stem().string());
  }
  for (const TemplateFile& sample : SampleQueries()) names.insert(NameOf(sample));
  return {names.begin(), names.end()};
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

arrow::Result<NamedQuery> FindQuery(const std::string& name,
                                    const std::vector<std::string>& folders) {
  if (IsQueryName(name)) {
    for (const std::string& folder : folders) {
      const fs::path path = fs::path(folder) / (name + std::string(kExtension));
      std::error_code error;
      if (fs::exists(path, error)) return ReadQuery(path);
    }
    for (const TemplateFile& sample : SampleQueries()) {
      if (NameOf(sample) == name) return ParseSample(sample);
    }
  }
  const std::vector<std::string> names = NamesIn(folders);
  return MakeError(ErrorKind::kNotFound,
                   "there is no query @" + name + DidYouMean(name, names) +
                       "; there are " + Joined(names) + "; looked for " + name +
                       ".sql in " + (folders.empty() ? "no folder" : Joined(folders)),
                   {{"query", name}});
}

arrow::Result<std::vector<NamedQuery>> ListQueries(
    const std::vector<std::string>& folders) {
  std::vector<NamedQuery> queries;
  for (const std::string& name : NamesIn(folders)) {
    ARROW_ASSIGN_OR_RAISE(NamedQuery query, FindQuery(name, folders));
    queries.push_back(std::move(query));
  }
  return queries;
}

arrow::Result<std::string> BindQuery(const NamedQuery& query,
                                     const std::map<std::string, std::string>& values,
                                     const std::string& dialect) {
  std::vector<std::string> names;
  for (const QueryParameter& parameter : query.parameters) {
    names.push_back(parameter.name);
  }
  for (const auto& [name, value] : values) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return MakeError(ErrorKind::kConfig,
                     "query @" + query.name + " has no parameter " + name +
                         DidYouMean(name, names) + "; it has " +
                         (names.empty() ? "none" : Joined(names)),
                     {{"query", query.name}, {"parameter", name}});
  }
  ARROW_ASSIGN_OR_RAISE(SqlTemplate parsed, SqlTemplate::Parse(query.sql));
  return parsed.Fill(
      [&](const std::string& name) -> arrow::Result<std::optional<std::string>> {
        const auto& declared =
            *std::find_if(query.parameters.begin(), query.parameters.end(),
                          [&](const auto& parameter) { return parameter.name == name; });
        const auto given = values.find(name);
        ParameterValue value{declared.type, ""};
        if (given != values.end()) {
          value.text = given->second;
        } else if (declared.default_value.has_value()) {
          value.text = *declared.default_value;
        } else if (declared.optional) {
          return std::nullopt;
        } else {
          return MakeError(ErrorKind::kConfig,
                           "query @" + query.name + " needs parameter " + name + " (" +
                               std::string(ParameterTypeName(declared.type)) +
                               "): give it with -p " + name + "=…",
                           {{"query", query.name}, {"parameter", name}});
        }
        auto literal = SqlLiteral(value, dialect);
        if (!literal.ok()) return AddContext(literal.status(), "parameter " + name);
        return *literal;
      });
}

arrow::Result<std::string> BindSql(const std::string& sql,
                                   const std::map<std::string, ParameterValue>& values,
                                   const std::string& dialect) {
  auto parsed = SqlTemplate::Parse(sql);
  if (!parsed.ok()) return AddContext(parsed.status(), "in the SQL");
  const std::vector<std::string> names = parsed->Parameters();
  for (const auto& [name, value] : values) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return MakeError(ErrorKind::kConfig,
                     "the SQL has no parameter {{" + name + "}}" +
                         DidYouMean(name, names) + "; it has " +
                         (names.empty() ? "none" : Joined(names)),
                     {{"parameter", name}});
  }
  return parsed->Fill(
      [&](const std::string& name) -> arrow::Result<std::optional<std::string>> {
        const auto given = values.find(name);
        if (given == values.end()) return std::nullopt;
        auto literal = SqlLiteral(given->second, dialect);
        if (!literal.ok()) return AddContext(literal.status(), "parameter " + name);
        return *literal;
      });
}

}  // namespace keelboat
