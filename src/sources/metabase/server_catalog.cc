#include "sources/metabase/server_catalog.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/metabase/server_error.h"

namespace keelboat::metabase {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostNamed = 20;

std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

int64_t NumberOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

bool IsTrue(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

arrow::Result<Json> Parse(const std::string& body) {
  Json parsed = Json::parse(body, nullptr, false);
  if (parsed.is_discarded()) return ErrorOfAnswer(body, "", 200);
  return parsed;
}

// The objects of a list, whether bare or as `data` of an object.
std::vector<Json> ObjectsOf(const Json& parsed, const char* key) {
  const Json* list = &parsed;
  if (parsed.is_object() && parsed.contains(key)) list = &parsed[key];
  std::vector<Json> objects;
  if (!list->is_array()) return objects;
  for (const Json& element : *list) {
    if (element.is_object()) objects.push_back(element);
  }
  return objects;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNamed; ++i) {
    text += (i == 0 ? "'" : ", '") + names[i] + "'";
  }
  if (names.size() > kMostNamed) {
    text += " and " + std::to_string(names.size() - kMostNamed) + " more";
  }
  return text;
}

}  // namespace

arrow::Result<Properties> ReadProperties(const std::string& body) {
  ARROW_ASSIGN_OR_RAISE(const Json parsed, Parse(body));
  Properties properties;
  if (!parsed.is_object() || !parsed.contains("version") ||
      !parsed["version"].is_object()) {
    return MakeError(
        ErrorKind::kConfig,
        "what answers at the url is no Metabase: it tells no version of one");
  }
  properties.version = TextOf(parsed["version"], "tag");
  properties.timezone = TextOf(parsed, "report-timezone-long");
  return properties;
}

arrow::Result<std::vector<Database>> ReadDatabases(const std::string& body) {
  ARROW_ASSIGN_OR_RAISE(const Json parsed, Parse(body));
  std::vector<Database> databases;
  for (const Json& object : ObjectsOf(parsed, "data")) {
    if (IsTrue(object, "is_saved_questions")) continue;
    Database database;
    database.id = NumberOf(object, "id");
    database.name = TextOf(object, "name");
    database.engine = TextOf(object, "engine");
    database.timezone = TextOf(object, "timezone");
    if (object.contains("dbms_version") && object["dbms_version"].is_object()) {
      database.flavor = TextOf(object["dbms_version"], "flavor");
      database.version = TextOf(object["dbms_version"], "version");
    }
    database.native = TextOf(object, "native_permissions") != "none";
    databases.push_back(std::move(database));
  }
  return databases;
}

arrow::Result<std::vector<CatalogTable>> ReadTables(const std::string& body) {
  ARROW_ASSIGN_OR_RAISE(const Json parsed, Parse(body));
  std::vector<CatalogTable> tables;
  for (const Json& object : ObjectsOf(parsed, "tables")) {
    if (object.contains("active") && object["active"] == false) continue;
    tables.push_back({NumberOf(object, "id"), TextOf(object, "schema"),
                      TextOf(object, "name"), TextOf(object, "description")});
  }
  std::sort(tables.begin(), tables.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.schema) < std::tie(b.name, b.schema);
  });
  return tables;
}

arrow::Result<std::vector<CatalogField>> ReadFields(const std::string& body) {
  ARROW_ASSIGN_OR_RAISE(const Json parsed, Parse(body));
  std::vector<std::pair<int64_t, CatalogField>> fields;
  for (const Json& object : ObjectsOf(parsed, "fields")) {
    if (object.contains("active") && object["active"] == false) continue;
    // A part of a JSON column is no column.
    if (object.contains("nfc_path") && !object["nfc_path"].is_null()) continue;
    fields.emplace_back(
        NumberOf(object, "database_position"),
        CatalogField{TextOf(object, "name"), TextOf(object, "database_type"),
                     TextOf(object, "base_type"), TextOf(object, "semantic_type"),
                     TextOf(object, "description")});
  }
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<CatalogField> sorted;
  sorted.reserve(fields.size());
  for (auto& [position, field] : fields) sorted.push_back(std::move(field));
  return sorted;
}

arrow::Result<Card> ReadCard(const std::string& body) {
  ARROW_ASSIGN_OR_RAISE(const Json parsed, Parse(body));
  if (!parsed.is_object() || NumberOf(parsed, "id") == 0) {
    return ErrorOfAnswer(body, "application/json", 200);
  }
  Card card;
  card.id = NumberOf(parsed, "id");
  card.name = TextOf(parsed, "name");
  card.database = NumberOf(parsed, "database_id");
  for (const Json& object : ObjectsOf(parsed.value("parameters", Json::array()), "")) {
    CardParameter parameter;
    parameter.name = TextOf(object, "slug");
    parameter.type = TextOf(object, "type");
    parameter.target_json = object.value("target", Json()).dump();
    parameter.id = TextOf(object, "id");
    card.parameters.push_back(std::move(parameter));
  }
  if (!card.parameters.empty()) return card;
  // Older questions have their tags only.
  const Json::json_pointer tags("/dataset_query/native/template-tags");
  if (!parsed.contains(tags) || !parsed[tags].is_object()) return card;
  for (const auto& [name, tag] : parsed[tags].items()) {
    if (!tag.is_object()) continue;
    CardParameter parameter;
    parameter.name = name;
    const std::string type = TextOf(tag, "type");
    const bool filter = type == "dimension";
    parameter.type =
        filter ? TextOf(tag, "widget-type")
               : (type == "date" ? "date/single"
                                 : (type == "number" ? "number/=" : "category"));
    parameter.target_json =
        Json{filter ? "dimension" : "variable", Json{"template-tag", name}}.dump();
    parameter.id = TextOf(tag, "id");
    card.parameters.push_back(std::move(parameter));
  }
  return card;
}

arrow::Result<Database> FindDatabase(const std::vector<Database>& databases,
                                     const std::string& wanted) {
  std::vector<std::string> names;
  for (const Database& database : databases) names.push_back(database.name);
  if (databases.empty()) {
    return MakeError(ErrorKind::kDenied,
                     "the account sees no database in Metabase: an administrator gives "
                     "its group the right to");
  }
  if (wanted.empty()) {
    if (databases.size() == 1) return databases.front();
    return MakeError(
        ErrorKind::kConfig,
        "Metabase has several databases: let `database` name one of " + Listed(names));
  }
  for (const Database& database : databases) {
    if (database.name == wanted) return database;
  }
  int64_t id = 0;
  const auto read = std::from_chars(wanted.data(), wanted.data() + wanted.size(), id);
  if (read.ec == std::errc() && read.ptr == wanted.data() + wanted.size()) {
    for (const Database& database : databases) {
      if (database.id == id) return database;
    }
  }
  std::vector<const Database*> alike;
  for (const Database& database : databases) {
    if (Lower(database.name) == Lower(wanted)) alike.push_back(&database);
  }
  if (alike.size() == 1) return *alike.front();
  return MakeError(ErrorKind::kNotFound,
                   "Metabase has no database '" + wanted + "'" +
                       DidYouMean(wanted, names) + "; this account sees " + Listed(names),
                   {{"database", wanted}});
}

std::vector<std::string> TableNames(const std::vector<CatalogTable>& tables) {
  std::map<std::string, int> count;
  for (const CatalogTable& table : tables) ++count[table.name];
  std::vector<std::string> names;
  for (const CatalogTable& table : tables) {
    const bool qualified = count[table.name] > 1 && !table.schema.empty();
    names.push_back(qualified ? table.schema + "." + table.name : table.name);
  }
  return names;
}

arrow::Result<CatalogTable> FindTable(const std::vector<CatalogTable>& tables,
                                      const std::string& wanted) {
  const std::vector<std::string> names = TableNames(tables);
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (names[i] == wanted || tables[i].schema + "." + tables[i].name == wanted) {
      return tables[i];
    }
  }
  return MakeError(ErrorKind::kNotFound,
                   "Metabase knows no table '" + wanted + "'" +
                       DidYouMean(wanted, names) +
                       "; a new one is there after the next sync of the database",
                   {{"table", wanted}});
}

}  // namespace keelboat::metabase
