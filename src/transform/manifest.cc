#include "transform/manifest.h"

#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat::transform {
namespace {

using Json = nlohmann::json;

std::string TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool BecomesRelation(const Json& node, const Json& config) {
  const std::string type = TextOf(node, "resource_type");
  if (type == "test") {
    const auto store = config.find("store_failures");
    return store != config.end() && store->is_boolean() && store->get<bool>();
  }
  return (type == "model" || type == "seed" || type == "snapshot") &&
         TextOf(config, "materialized") != "ephemeral";
}

}  // namespace

arrow::Result<std::vector<std::string>> ReadSchemas(const std::filesystem::path& manifest,
                                                    const std::string& adapter) {
  std::ifstream file(manifest, std::ios::binary);
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  const bool has_nodes = json.is_object() && json.contains("nodes");
  if (!has_nodes || !json["nodes"].is_object()) {
    return MakeError(ErrorKind::kData,
                     "dbt's manifest " + manifest.string() + " cannot be read",
                     {{"file", manifest.string()}});
  }
  std::set<std::string> schemas;
  for (const auto& [id, node] : json["nodes"].items()) {
    if (!node.is_object()) continue;
    const auto found = node.find("config");
    const Json config = found != node.end() && found->is_object() ? *found : Json();
    std::string schema = TextOf(node, "schema");
    if (schema.empty() || !BecomesRelation(node, config)) continue;
    if (!TextOf(config, "database").empty()) continue;
    const std::string quoted = "\"" + schema + "\"";
    const bool keeps_case =
        adapter == "snowflake" &&
        TextOf(node, "relation_name").find(quoted) != std::string::npos;
    schemas.insert(keeps_case ? quoted : schema);
  }
  return std::vector<std::string>(schemas.begin(), schemas.end());
}

}  // namespace keelboat::transform
