#include "lake/delta/checkpoint.h"

#include <memory>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/interfaces.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat::delta {
namespace {

using Json = nlohmann::json;
using arrow::field;

// A checkpoint is the commits' own JSON in columns: one row an action, one column a kind
// of action. So rows are translated to JSON and back by these types alone.
std::shared_ptr<arrow::Schema> CheckpointSchema() {
  auto text = arrow::utf8();
  auto number = arrow::int64();
  auto flag = arrow::boolean();
  auto texts = arrow::list(field("element", text));
  auto text_map = arrow::map(text, text);
  return arrow::schema(
      {field("txn", arrow::struct_({field("appId", text), field("version", number),
                                    field("lastUpdated", number)})),
       field("add",
             arrow::struct_({field("path", text), field("partitionValues", text_map),
                             field("size", number), field("modificationTime", number),
                             field("dataChange", flag), field("tags", text_map),
                             field("stats", text)})),
       field(
           "remove",
           arrow::struct_({field("path", text), field("deletionTimestamp", number),
                           field("dataChange", flag), field("extendedFileMetadata", flag),
                           field("partitionValues", text_map), field("size", number)})),
       field("metaData",
             arrow::struct_(
                 {field("id", text), field("name", text), field("description", text),
                  field("format", arrow::struct_({field("provider", text),
                                                  field("options", text_map)})),
                  field("schemaString", text), field("partitionColumns", texts),
                  field("configuration", text_map), field("createdTime", number)})),
       field("protocol", arrow::struct_({field("minReaderVersion", arrow::int32()),
                                         field("minWriterVersion", arrow::int32()),
                                         field("readerFeatures", texts),
                                         field("writerFeatures", texts)}))});
}

arrow::Status Append(const Json* json, arrow::ArrayBuilder* builder);

arrow::Status AppendMap(const Json& json, arrow::MapBuilder* builder) {
  ARROW_RETURN_NOT_OK(builder->Append());
  for (const auto& [key, value] : json.items()) {
    const Json key_json = key;
    ARROW_RETURN_NOT_OK(Append(&key_json, builder->key_builder()));
    ARROW_RETURN_NOT_OK(Append(&value, builder->item_builder()));
  }
  return arrow::Status::OK();
}

arrow::Status AppendStruct(const Json& json, arrow::StructBuilder* builder) {
  ARROW_RETURN_NOT_OK(builder->Append());
  for (int child = 0; child < builder->num_fields(); ++child) {
    auto member = json.find(builder->type()->field(child)->name());
    ARROW_RETURN_NOT_OK(
        Append(member == json.end() ? nullptr : &*member, builder->field_builder(child)));
  }
  return arrow::Status::OK();
}

// nullptr and JSON's null both append a null.
arrow::Status Append(const Json* json, arrow::ArrayBuilder* builder) {
  if (json == nullptr || json->is_null()) return builder->AppendNull();
  switch (builder->type()->id()) {
    case arrow::Type::STRING:
      return static_cast<arrow::StringBuilder*>(builder)->Append(
          json->get_ref<const std::string&>());
    case arrow::Type::INT64:
      return static_cast<arrow::Int64Builder*>(builder)->Append(json->get<int64_t>());
    case arrow::Type::INT32:
      return static_cast<arrow::Int32Builder*>(builder)->Append(json->get<int32_t>());
    case arrow::Type::BOOL:
      return static_cast<arrow::BooleanBuilder*>(builder)->Append(json->get<bool>());
    case arrow::Type::MAP:
      return AppendMap(*json, static_cast<arrow::MapBuilder*>(builder));
    case arrow::Type::STRUCT:
      return AppendStruct(*json, static_cast<arrow::StructBuilder*>(builder));
    case arrow::Type::LIST: {
      auto* list = static_cast<arrow::ListBuilder*>(builder);
      ARROW_RETURN_NOT_OK(list->Append());
      for (const Json& element : *json) {
        ARROW_RETURN_NOT_OK(Append(&element, list->value_builder()));
      }
      return arrow::Status::OK();
    }
    default:
      return MakeError(ErrorKind::kInternal, "a checkpoint has no columns of type " +
                                                 builder->type()->ToString());
  }
}

// The value of a slot; members that are null are left out. Types that no action of ours
// has (parsed statistics, for one) become null.
Json ToJson(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return nullptr;
  switch (array.type_id()) {
    case arrow::Type::STRING:
      return static_cast<const arrow::StringArray&>(array).GetString(row);
    case arrow::Type::LARGE_STRING:
      return static_cast<const arrow::LargeStringArray&>(array).GetString(row);
    case arrow::Type::INT64:
      return static_cast<const arrow::Int64Array&>(array).Value(row);
    case arrow::Type::INT32:
      return static_cast<const arrow::Int32Array&>(array).Value(row);
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(array).Value(row);
    case arrow::Type::STRUCT: {
      const auto& group = static_cast<const arrow::StructArray&>(array);
      Json json = Json::object();
      for (int child = 0; child < group.num_fields(); ++child) {
        const std::string& name = group.type()->field(child)->name();
        if (name.ends_with("_parsed")) continue;
        Json value = ToJson(*group.field(child), row);
        if (!value.is_null()) json[name] = std::move(value);
      }
      return json;
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapArray&>(array);
      Json json = Json::object();
      for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
        const Json key = ToJson(*map.keys(), i);
        if (key.is_string()) json[key.get<std::string>()] = ToJson(*map.items(), i);
      }
      return json;
    }
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      Json json = Json::array();
      for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
        json.push_back(ToJson(*list.values(), i));
      }
      return json;
    }
    default:
      return nullptr;
  }
}

arrow::Status ReadPart(Store& store, const std::string& path,
                       std::vector<Action>* actions) {
  ARROW_ASSIGN_OR_RAISE(auto file, store.Open(path));
  std::unique_ptr<::parquet::arrow::FileReader> reader;
  ARROW_ASSIGN_OR_RAISE(reader,
                        ::parquet::arrow::OpenFile(file, arrow::default_memory_pool()));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Table> table, reader->ReadTable());
  ARROW_ASSIGN_OR_RAISE(table, table->CombineChunks());
  for (int column = 0; column < table->num_columns(); ++column) {
    if (table->num_rows() == 0) continue;
    const std::string& kind = table->schema()->field(column)->name();
    const arrow::Array& values = *table->column(column)->chunk(0);
    for (int64_t row = 0; row < values.length(); ++row) {
      if (values.IsNull(row)) continue;
      ARROW_ASSIGN_OR_RAISE(auto action,
                            ActionFromJson(Json{{kind, ToJson(values, row)}}));
      if (action) actions->push_back(std::move(*action));
    }
  }
  return arrow::Status::OK();
}

// Arrow's own errors about a file's content say Invalid or IOError; both mean damage.
arrow::Status AsDamage(const arrow::Status& status) {
  if (status.ok() || status.detail() != nullptr) return status;
  return MakeError(ErrorKind::kData, "not a readable checkpoint: " + status.message());
}

// Removed files first, so that in a file that is both the addition counts.
std::vector<Action> ActionsOf(const LogState& state, SystemTime tombstones_since) {
  std::vector<Action> actions;
  if (state.protocol) actions.emplace_back(*state.protocol);
  if (state.metadata) actions.emplace_back(*state.metadata);
  for (const auto& [app, transaction] : state.transactions) {
    actions.emplace_back(transaction);
  }
  const int64_t since = ToMilliseconds(tombstones_since);
  for (const auto& [path, remove] : state.tombstones) {
    if (remove.deleted_ms.value_or(0) < since) continue;
    RemoveFile kept = remove;
    kept.data_change = false;
    actions.emplace_back(std::move(kept));
  }
  for (const auto& [path, add] : state.files) {
    AddFile kept = add;
    kept.data_change = false;
    actions.emplace_back(std::move(kept));
  }
  return actions;
}

arrow::Result<std::shared_ptr<arrow::Table>> TableOf(const std::vector<Action>& actions) {
  auto schema = CheckpointSchema();
  ARROW_ASSIGN_OR_RAISE(auto builder,
                        arrow::MakeBuilder(arrow::struct_(schema->fields())));
  for (const Action& action : actions) {
    const Json json = ActionToJson(action);
    ARROW_RETURN_NOT_OK(Append(&json, builder.get()));
  }
  ARROW_ASSIGN_OR_RAISE(auto rows, builder->Finish());
  return arrow::Table::Make(schema,
                            static_cast<const arrow::StructArray&>(*rows).fields());
}

}  // namespace

arrow::Result<std::vector<Action>> ReadCheckpoint(Store& store,
                                                  const std::vector<std::string>& paths) {
  std::vector<Action> actions;
  for (const std::string& path : paths) {
    try {
      ARROW_RETURN_NOT_OK(AsDamage(ReadPart(store, path, &actions)));
    } catch (const ::parquet::ParquetException& error) {
      return MakeError(ErrorKind::kData,
                       std::string("not a readable checkpoint: ") + error.what());
    }
  }
  return actions;
}

arrow::Result<int64_t> WriteCheckpoint(Store& store, const std::string& path,
                                       const LogState& state,
                                       SystemTime tombstones_since) {
  const std::vector<Action> actions = ActionsOf(state, tombstones_since);
  ARROW_ASSIGN_OR_RAISE(auto table, TableOf(actions));
  ARROW_ASSIGN_OR_RAISE(auto stream, store.Create(path));
  auto properties = ::parquet::WriterProperties::Builder()
                        .compression(::parquet::Compression::SNAPPY)
                        ->build();
  constexpr int64_t kRowGroupRows = 1 << 17;
  try {
    ARROW_RETURN_NOT_OK(::parquet::arrow::WriteTable(*table, arrow::default_memory_pool(),
                                                     stream, kRowGroupRows, properties));
  } catch (const ::parquet::ParquetException& error) {
    return MakeError(ErrorKind::kInternal,
                     std::string("writing checkpoint: ") + error.what());
  }
  ARROW_RETURN_NOT_OK(stream->Close());
  return static_cast<int64_t>(actions.size());
}

}  // namespace keelboat::delta
