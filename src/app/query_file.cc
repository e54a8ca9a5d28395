#include "app/query_file.h"

#include <algorithm>
#include <utility>

#include <arrow/util/utf8.h>

#include "app/config_node.h"
#include "app/sql_literal.h"
#include "app/sql_template.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using Names = std::vector<std::string>;

constexpr const char* kKeys[] = {"name", "description", "database", "partition_on",
                                 "parameters"};

// A file's leading comment, line under line as in the file, and the SQL behind it.
struct Parts {
  std::string comment;
  std::string sql;
};

std::string_view TakeLine(std::string_view* text) {
  const std::size_t end = text->find('\n');
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return line;
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

Parts Divide(std::string_view text) {
  Parts parts;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view next = rest;
    if (!IsBlank(TakeLine(&next))) break;
    parts.comment += '\n';
    rest = next;
  }
  if (rest.starts_with("/*")) {
    const std::size_t end = rest.find("*/");
    if (end == std::string_view::npos) return {"", std::string(text)};
    parts.comment += "  " + std::string(rest.substr(2, end - 2));
    parts.sql = rest.substr(end + 2);
    return parts;
  }
  while (rest.starts_with("--")) {
    std::string_view line = TakeLine(&rest).substr(2);
    if (line.starts_with(' ')) line.remove_prefix(1);
    parts.comment += std::string(line) + "\n";
  }
  parts.sql = rest;
  return parts;
}

bool HoldsKeys(std::string_view comment) {
  while (!comment.empty()) {
    std::string_view line = TakeLine(&comment);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    for (const std::string_view key : kKeys) {
      if (line.starts_with(key) && line.substr(key.size()).starts_with(":")) return true;
    }
  }
  return false;
}

class FrontMatter {
 public:
  FrontMatter(const std::string& place, NamedQuery* query)
      : place_(place), query_(*query) {}

  arrow::Status Read(const ConfigNode& root) {
    if (root.kind != ConfigNode::Kind::kMap) {
      return Wrong(root.line, "the front matter must be keys with values");
    }
    for (const ConfigEntry& entry : root.entries) {
      if (entry.key == "name") {
        std::string name;
        ARROW_RETURN_NOT_OK(ReadText(entry, &name));
        if (name != query_.name) {
          return Wrong(entry.line, "the query calls itself " + name +
                                       ", but queries are found by their file's name: "
                                       "call one like the other");
        }
      } else if (entry.key == "description") {
        ARROW_RETURN_NOT_OK(ReadText(entry, &query_.description));
      } else if (entry.key == "database") {
        ARROW_RETURN_NOT_OK(ReadText(entry, &query_.database));
      } else if (entry.key == "partition_on") {
        ARROW_RETURN_NOT_OK(ReadText(entry, &query_.partition_on));
      } else if (entry.key == "parameters") {
        ARROW_RETURN_NOT_OK(ReadParameters(entry));
      } else {
        return UnknownKey(entry, Names(std::begin(kKeys), std::end(kKeys)));
      }
    }
    return arrow::Status::OK();
  }

 private:
  arrow::Status Wrong(int line, const std::string& what) const {
    return MakeError(ErrorKind::kConfig,
                     place_ + ":" + std::to_string(line) + ": " + what);
  }
  arrow::Status UnknownKey(const ConfigEntry& entry, const Names& known) const {
    std::string all;
    for (const std::string& key : known) all += (all.empty() ? "" : ", ") + key;
    return Wrong(entry.line, "unknown key '" + entry.key + "'" +
                                 DidYouMean(entry.key, known) + "; known are " + all);
  }

  arrow::Status ReadText(const ConfigEntry& entry, std::string* text) const {
    if (entry.value.kind != ConfigNode::Kind::kScalar) {
      return Wrong(entry.line, entry.key + " must be a text, not " +
                                   std::string(entry.value.KindName()));
    }
    *text = entry.value.text;
    return arrow::Status::OK();
  }

  arrow::Status ReadType(const ConfigEntry& entry, ParameterType* type) const {
    std::string text;
    ARROW_RETURN_NOT_OK(ReadText(entry, &text));
    Names known;
    for (const ParameterType candidate :
         {ParameterType::kText, ParameterType::kInteger, ParameterType::kNumber,
          ParameterType::kBoolean, ParameterType::kDate, ParameterType::kDatetime}) {
      known.emplace_back(ParameterTypeName(candidate));
      if (known.back() == text) {
        *type = candidate;
        return arrow::Status::OK();
      }
    }
    return Wrong(entry.line, "there is no type " + text + DidYouMean(text, known) +
                                 ": text, integer, number, boolean, date, datetime");
  }

  arrow::Status ReadParameter(const ConfigEntry& entry) {
    QueryParameter parameter;
    parameter.name = entry.key;
    // Short form: `since: date`.
    if (entry.value.kind == ConfigNode::Kind::kScalar) {
      ARROW_RETURN_NOT_OK(ReadType(entry, &parameter.type));
      query_.parameters.push_back(std::move(parameter));
      return arrow::Status::OK();
    }
    if (entry.value.kind != ConfigNode::Kind::kMap) {
      return Wrong(entry.line,
                   "parameter " + entry.key + " must be a type or {type: …, default: …}");
    }
    for (const ConfigEntry& part : entry.value.entries) {
      if (part.key == "type") {
        ARROW_RETURN_NOT_OK(ReadType(part, &parameter.type));
      } else if (part.key == "default") {
        std::string text;
        ARROW_RETURN_NOT_OK(ReadText(part, &text));
        parameter.default_value = std::move(text);
      } else if (part.key == "optional") {
        std::string text;
        ARROW_RETURN_NOT_OK(ReadText(part, &text));
        if (text != "true" && text != "false") {
          return Wrong(part.line, "optional must be true or false");
        }
        parameter.optional = text == "true";
      } else if (part.key == "description") {
        ARROW_RETURN_NOT_OK(ReadText(part, &parameter.description));
      } else {
        return UnknownKey(part, {"type", "default", "optional", "description"});
      }
    }
    if (parameter.default_value.has_value()) {
      const ParameterValue value{parameter.type, *parameter.default_value};
      const arrow::Status status = SqlLiteral(value, "clickhouse").status();
      if (!status.ok()) {
        return Wrong(entry.line,
                     "the default of parameter " + entry.key + ": " + status.message());
      }
    }
    query_.parameters.push_back(std::move(parameter));
    return arrow::Status::OK();
  }

  arrow::Status ReadParameters(const ConfigEntry& entry) {
    if (entry.value.kind != ConfigNode::Kind::kMap) {
      return Wrong(entry.line, "parameters must be names with types");
    }
    for (const ConfigEntry& parameter : entry.value.entries) {
      ARROW_RETURN_NOT_OK(ReadParameter(parameter));
    }
    return arrow::Status::OK();
  }

  const std::string& place_;
  NamedQuery& query_;
};

// The SQL uses what is declared, and nothing else.
arrow::Status CheckUse(const NamedQuery& query, const std::string& place) {
  auto parsed = SqlTemplate::Parse(query.sql);
  if (!parsed.ok()) return AddContext(parsed.status(), place + ", in the SQL");
  Names declared;
  for (const QueryParameter& parameter : query.parameters) {
    declared.push_back(parameter.name);
  }
  const auto holds = [](const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const Names used = parsed->Parameters();
  for (const std::string& name : used) {
    if (holds(declared, name)) continue;
    return MakeError(
        ErrorKind::kConfig,
        place + ": the SQL uses {{" + name +
            "}}, which the front matter does not declare" + DidYouMean(name, declared) +
            ": write -- parameters: and below it --   " + name + ": {type: text}",
        {{"parameter", name}});
  }
  const Names needed = parsed->Needed();
  for (const QueryParameter& parameter : query.parameters) {
    if (!holds(used, parameter.name)) {
      return MakeError(ErrorKind::kConfig, place + ": parameter " + parameter.name +
                                               " is declared and not used in the SQL");
    }
    if (parameter.optional && !parameter.default_value && holds(needed, parameter.name)) {
      return MakeError(ErrorKind::kConfig,
                       place + ": parameter " + parameter.name +
                           " is optional: put what goes without it into [[ … ]]");
    }
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<NamedQuery> ParseQueryFile(std::string_view text, const std::string& name,
                                         const std::string& place) {
  arrow::util::InitializeUTF8();
  if (!arrow::util::ValidateUTF8(text)) {
    return MakeError(ErrorKind::kConfig, place + " is not UTF-8");
  }
  if (text.find('\0') != std::string_view::npos) {
    return MakeError(ErrorKind::kConfig, place + " holds a NUL character");
  }
  NamedQuery query;
  query.name = name;
  Parts parts = Divide(text);
  query.sql = text;
  if (HoldsKeys(parts.comment)) {
    query.sql = std::move(parts.sql);
    ARROW_ASSIGN_OR_RAISE(ConfigNode root, ParseConfigYaml(parts.comment, place));
    ARROW_RETURN_NOT_OK(FrontMatter(place, &query).Read(root));
  }
  const std::size_t begin = query.sql.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) {
    return MakeError(ErrorKind::kConfig, place + " holds no SQL");
  }
  query.sql.erase(0, begin);
  query.sql.erase(query.sql.find_last_not_of(" \t\r\n") + 1);
  ARROW_RETURN_NOT_OK(CheckUse(query, place));
  return query;
}

}  // namespace keelboat
