#include "sources/metabase/answer_body.h"

#include <string_view>
#include <utility>

#include <simdjson.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "sources/metabase/server_error.h"

namespace keelboat::metabase {
namespace {

namespace ondemand = simdjson::ondemand;
using Json = nlohmann::json;

// The first words of a body, enough for whoever looks for the cause.
constexpr std::size_t kShown = 200;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
    text.remove_suffix(1);
  }
  return text;
}

// What simdjson throws stays within ReadAnswer.
void ReadColumn(ondemand::object object, AnswerColumn* column) {
  for (auto field : object) {
    const std::string_view key = field.unescaped_key();
    std::string* text = nullptr;
    if (key == "name") text = &column->name;
    if (key == "display_name") text = &column->display_name;
    if (key == "base_type") text = &column->base_type;
    if (key == "effective_type") text = &column->effective_type;
    if (key == "database_type") text = &column->database_type;
    if (key == "semantic_type") text = &column->semantic_type;
    ondemand::value value = field.value();
    if (text != nullptr && value.type() == ondemand::json_type::string) {
      *text = std::string_view(value.get_string());
    }
  }
}

std::optional<std::string> ReadCell(ondemand::value value) {
  switch (value.type()) {
    case ondemand::json_type::null:
      if (value.is_null()) return std::nullopt;
      throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
    case ondemand::json_type::string:
      return std::string(std::string_view(value.get_string()));
    case ondemand::json_type::array:
    case ondemand::json_type::object:
      return std::string(std::string_view(simdjson::to_json_string(value)));
    default:
      return std::string(Trimmed(value.raw_json_token()));
  }
}

void ReadData(ondemand::object data, Answer* answer) {
  for (auto field : data) {
    const std::string_view key = field.unescaped_key();
    ondemand::value value = field.value();
    if (key == "rows") {
      for (ondemand::array row : value.get_array()) {
        auto& cells = answer->rows.emplace_back();
        for (ondemand::value cell : row) cells.push_back(ReadCell(cell));
      }
    } else if (key == "cols") {
      for (ondemand::object column : value.get_array()) {
        ReadColumn(column, &answer->columns.emplace_back());
      }
    } else if (key == "results_timezone") {
      if (value.type() == ondemand::json_type::string) {
        answer->results_timezone = std::string_view(value.get_string());
      }
    } else if (key == "rows_truncated") {
      answer->truncated = value.type() == ondemand::json_type::number;
    }
  }
}

// Whether the body says that it is a success.
bool ReadEnvelope(ondemand::object envelope, Answer* answer) {
  bool completed = false;
  for (auto field : envelope) {
    const std::string_view key = field.unescaped_key();
    ondemand::value value = field.value();
    if (key == "data" && value.type() == ondemand::json_type::object) {
      ReadData(value.get_object(), answer);
    } else if (key == "status" && value.type() == ondemand::json_type::string) {
      completed = std::string_view(value.get_string()) == "completed";
    }
  }
  return completed;
}

// Where an error object was appended to rows that had begun well.
std::size_t AppendedError(std::string_view body) {
  for (const std::string_view key :
       {"{\"status\":\"failed\"", "{\"status\":\"interrupted\""}) {
    const std::size_t at = body.rfind(key);
    if (at != std::string_view::npos) return at;
  }
  // Its keys come in any order: an object that begins with one of them.
  for (const std::string_view key :
       {"{\"database_id\"", "{\"via\"", "{\"class\"", "{\"error\"", "{\"error_type\"",
        "{\"stacktrace\"", "{\"state\"", "{\"started_at\"", "{\"_status\"",
        "{\"cause\""}) {
    const std::size_t at = body.rfind(key);
    if (at != std::string_view::npos &&
        body.find("\"failed\"", at) != std::string_view::npos) {
      return at;
    }
  }
  return std::string_view::npos;
}

arrow::Status Unreadable(const std::string& body, const char* why) {
  const std::string_view text = body;
  if (!text.starts_with("{\"data\":{\"rows\"")) return ErrorOfAnswer(text, "", 202);
  const std::size_t error = AppendedError(text);
  if (error != std::string_view::npos) return ErrorOfBody(text.substr(error), 0);
  return MakeError(ErrorKind::kUnavailable,
                   std::string("Metabase's answer is not whole or no JSON (") + why +
                       "): it begins with " + body.substr(0, kShown));
}

}  // namespace

arrow::Result<Answer> ReadAnswer(std::string body) {
  Answer answer;
  bool completed = false;
  const std::size_t size = body.size();
  try {
    body.append(simdjson::SIMDJSON_PADDING, ' ');
    // Numbers are wanted as they were sent, which only the lazy parser gives; but that
    // one does not look at what is passed over. So the whole is parsed first.
    simdjson::dom::parser checker;
    if (const auto error = checker.parse(body.data(), size, false).error()) {
      throw simdjson::simdjson_error(error);
    }
    ondemand::parser parser;
    ondemand::document document = parser.iterate(body.data(), size, body.size());
    completed = ReadEnvelope(document.get_object(), &answer);
  } catch (const simdjson::simdjson_error& error) {
    body.resize(size);
    return Unreadable(body, error.what());
  }
  body.resize(size);
  if (!completed) return ErrorOfAnswer(body, "application/json", 202);
  for (const auto& row : answer.rows) {
    if (row.size() != answer.columns.size()) {
      return MakeError(ErrorKind::kData,
                       "Metabase's answer has " + std::to_string(answer.columns.size()) +
                           " columns and a row of " + std::to_string(row.size()));
    }
  }
  return answer;
}

arrow::Result<std::string> QuestionJson(const Question& question, int64_t database) {
  const Json parameters = Json::parse(question.parameters_json, nullptr, false);
  if (!parameters.is_array()) {
    return MakeError(ErrorKind::kConfig, "the parameters of a question are no JSON list");
  }
  Json body;
  if (question.card.has_value()) {
    body = {{"parameters", parameters}, {"ignore_cache", true}};
  } else {
    const Json tags = Json::parse(question.template_tags_json, nullptr, false);
    if (!tags.is_object()) {
      return MakeError(ErrorKind::kConfig,
                       "the template tags of a question are no JSON object");
    }
    body = {{"database", database},
            {"type", "native"},
            {"native", {{"query", question.sql}, {"template-tags", tags}}},
            {"parameters", parameters},
            {"middleware", {{"ignore-cached-results?", true}}}};
  }
  try {
    return body.dump();
  } catch (const Json::exception&) {
    return MakeError(ErrorKind::kConfig, "the text of the query is no UTF-8");
  }
}

}  // namespace keelboat::metabase
