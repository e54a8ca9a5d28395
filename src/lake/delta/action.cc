#include "lake/delta/action.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat::delta {
namespace {

using Json = nlohmann::json;
using TextMap = std::map<std::string, std::string>;

template <typename Value>
std::optional<Value> Optional(const Json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return found->get<Value>();
}

std::string TextOf(const Json& json, const char* key) {
  return Optional<std::string>(json, key).value_or("");
}

TextMap MapOf(const Json& json, const char* key) {
  TextMap map;
  auto found = json.find(key);
  if (found == json.end() || found->is_null()) return map;
  for (const auto& [name, value] : found->items()) {
    map.emplace(name, value.is_null() ? "" : value.get<std::string>());
  }
  return map;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

arrow::Status CheckFile(const Json& json) {
  const auto path = json.at("path").get<std::string>();
  if (auto vector = json.find("deletionVector");
      vector != json.end() && !vector->is_null()) {
    return MakeError(ErrorKind::kUnsupported,
                     "file " + path +
                         " has a deletion vector, which keelboat does not "
                         "read: purge them with the tool that made them (REORG … APPLY "
                         "(PURGE)) or use another reader");
  }
  const bool has_scheme =
      path.find("://") != std::string::npos || path.starts_with("file:");
  if (path.empty() || path.front() == '/' || has_scheme) {
    return MakeError(ErrorKind::kUnsupported,
                     "file '" + path +
                         "' lies outside of the table's folder (a shallow "
                         "clone?), which keelboat does not read");
  }
  return arrow::Status::OK();
}

AddFile AddFrom(const Json& json) {
  AddFile add;
  add.path = json.at("path").get<std::string>();
  add.size = json.at("size").get<int64_t>();
  add.modified_ms = Optional<int64_t>(json, "modificationTime").value_or(0);
  add.data_change = Optional<bool>(json, "dataChange").value_or(true);
  add.stats = TextOf(json, "stats");
  add.tags = MapOf(json, "tags");
  return add;
}

RemoveFile RemoveFrom(const Json& json) {
  RemoveFile remove;
  remove.path = json.at("path").get<std::string>();
  remove.deleted_ms = Optional<int64_t>(json, "deletionTimestamp");
  remove.data_change = Optional<bool>(json, "dataChange").value_or(true);
  remove.size = Optional<int64_t>(json, "size");
  return remove;
}

Metadata MetadataFrom(const Json& json) {
  Metadata metadata;
  metadata.id = json.at("id").get<std::string>();
  metadata.name = TextOf(json, "name");
  metadata.description = TextOf(json, "description");
  metadata.schema_json = json.at("schemaString").get<std::string>();
  metadata.partition_columns =
      Optional<std::vector<std::string>>(json, "partitionColumns")
          .value_or(std::vector<std::string>());
  metadata.configuration = MapOf(json, "configuration");
  metadata.created_ms = Optional<int64_t>(json, "createdTime");
  return metadata;
}

Protocol ProtocolFrom(const Json& json) {
  using Names = std::vector<std::string>;
  Protocol protocol;
  protocol.min_reader = json.at("minReaderVersion").get<int>();
  protocol.min_writer = json.at("minWriterVersion").get<int>();
  protocol.reader_features = Optional<Names>(json, "readerFeatures").value_or(Names());
  protocol.writer_features = Optional<Names>(json, "writerFeatures").value_or(Names());
  return protocol;
}

CommitInfo CommitInfoFrom(const Json& json) {
  CommitInfo info;
  info.json = Dump(json);
  info.timestamp_ms = Optional<int64_t>(json, "timestamp").value_or(0);
  auto id = json.find("txnId");
  if (id != json.end() && id->is_string()) info.transaction_id = id->get<std::string>();
  return info;
}

Json ToJson(const CommitInfo& info) { return {{"commitInfo", Json::parse(info.json)}}; }

Json ToJson(const Protocol& protocol) {
  Json json = {{"minReaderVersion", protocol.min_reader},
               {"minWriterVersion", protocol.min_writer}};
  if (protocol.min_reader >= 3) json["readerFeatures"] = protocol.reader_features;
  if (protocol.min_writer >= 7) json["writerFeatures"] = protocol.writer_features;
  return {{"protocol", std::move(json)}};
}

Json ToJson(const Metadata& metadata) {
  Json json = {{"id", metadata.id},
               {"format", {{"provider", "parquet"}, {"options", Json::object()}}},
               {"schemaString", metadata.schema_json},
               {"partitionColumns", metadata.partition_columns},
               {"configuration", metadata.configuration}};
  if (!metadata.name.empty()) json["name"] = metadata.name;
  if (!metadata.description.empty()) json["description"] = metadata.description;
  if (metadata.created_ms) json["createdTime"] = *metadata.created_ms;
  return {{"metaData", std::move(json)}};
}

Json ToJson(const Transaction& transaction) {
  Json json = {{"appId", transaction.app_id}, {"version", transaction.version}};
  if (transaction.updated_ms) json["lastUpdated"] = *transaction.updated_ms;
  return {{"txn", std::move(json)}};
}

Json ToJson(const RemoveFile& remove) {
  Json json = {{"path", remove.path}, {"dataChange", remove.data_change}};
  if (remove.deleted_ms) json["deletionTimestamp"] = *remove.deleted_ms;
  if (remove.size) {
    json["extendedFileMetadata"] = true;
    json["partitionValues"] = Json::object();
    json["size"] = *remove.size;
  }
  return {{"remove", std::move(json)}};
}

Json ToJson(const AddFile& add) {
  Json json = {{"path", add.path},
               {"partitionValues", Json::object()},
               {"size", add.size},
               {"modificationTime", add.modified_ms},
               {"dataChange", add.data_change}};
  if (!add.stats.empty()) json["stats"] = add.stats;
  if (!add.tags.empty()) json["tags"] = add.tags;
  return {{"add", std::move(json)}};
}

arrow::Result<std::optional<Action>> FromJson(const Json& json) {
  if (!json.is_object() || json.empty()) {
    return MakeError(ErrorKind::kData, "an action must be an object with one member");
  }
  const std::string kind = json.begin().key();
  const Json& body = json.begin().value();
  if (kind == "add" || kind == "remove") ARROW_RETURN_NOT_OK(CheckFile(body));
  if (kind == "add") return Action(AddFrom(body));
  if (kind == "remove") return Action(RemoveFrom(body));
  if (kind == "metaData") return Action(MetadataFrom(body));
  if (kind == "protocol") return Action(ProtocolFrom(body));
  if (kind == "txn") {
    return Action(Transaction{body.at("appId").get<std::string>(),
                              body.at("version").get<int64_t>(),
                              Optional<int64_t>(body, "lastUpdated")});
  }
  if (kind == "commitInfo") return Action(CommitInfoFrom(body));
  return std::nullopt;
}

}  // namespace

arrow::Result<std::optional<Action>> ActionFromJson(const Json& json) {
  try {
    return FromJson(json);
  } catch (const Json::exception& error) {
    return MakeError(ErrorKind::kData, error.what());
  }
}

Json ActionToJson(const Action& action) {
  return std::visit([](const auto& body) { return ToJson(body); }, action);
}

arrow::Result<std::vector<Action>> ParseCommit(const std::string& text) {
  std::vector<Action> actions;
  int line = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view one(text.data() + start, end - start);
    start = end + 1;
    ++line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Json json = Json::parse(one, nullptr, /*allow_exceptions=*/false);
    auto action = json.is_discarded()
                      ? MakeError(ErrorKind::kData, "not JSON (a damaged file?)")
                      : ActionFromJson(json);
    if (!action.ok()) return AddContext(action.status(), "line " + std::to_string(line));
    if (action->has_value()) actions.push_back(std::move(**action));
  }
  return actions;
}

std::string FormatCommit(const std::vector<Action>& actions) {
  std::string text;
  for (const Action& action : actions) {
    text += Dump(ActionToJson(action));
    text += '\n';
  }
  return text;
}

int64_t ToMilliseconds(SystemTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

SystemTime FromMilliseconds(int64_t milliseconds) {
  return SystemTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace keelboat::delta
