#include "sources/metabase/metabase_api.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/clock.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "net/form_text.h"
#include "sources/metabase/answer_body.h"
#include "sources/metabase/server_error.h"

namespace keelboat::metabase {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMostErrorBytes = int64_t{1} << 20;
constexpr int64_t kFirstBytes = 4096;
constexpr int kConnections = 4;

// Whether the server, or the pool of the database behind it, has no room.
bool IsOverload(const arrow::Status& status) {
  return KindOf(status) == ErrorKind::kThrottled ||
         DetailOf(status, "http_status") == "503" ||
         DetailOf(status, "error_type") == "unable-to-acquire-connection";
}

// An export whose first bytes have been looked at. Holds its place among the questions
// that run until its end, and tells the gate when the server breaks down under way.
class ExportStream final : public ByteStream {
 public:
  ExportStream(std::unique_ptr<ByteStream> body, std::string first,
               QuestionGate::Place place)
      : body_(std::move(body)), first_(std::move(first)), place_(std::move(place)) {}

  arrow::Result<int64_t> Read(char* out, int64_t capacity) override {
    if (at_ < first_.size()) {
      const std::size_t count =
          std::min(static_cast<std::size_t>(capacity), first_.size() - at_);
      std::memcpy(out, first_.data() + at_, count);
      at_ += count;
      return static_cast<int64_t>(count);
    }
    auto count = body_->Read(out, capacity);
    if (!count.ok() || *count == 0) place_.GiveBack();
    return count;
  }

 private:
  const std::unique_ptr<ByteStream> body_;
  const std::string first_;
  std::size_t at_ = 0;
  QuestionGate::Place place_;
};

}  // namespace

MetabaseApi::MetabaseApi(std::unique_ptr<MetabaseServer> server,
                         const RetryPolicy& retries)
    : server_(std::move(server)),
      retries_(retries),
      gate_(std::make_shared<QuestionGate>(
          server_->options().connections.value_or(kConnections))) {}

void MetabaseApi::ExpectReaders(int readers) {
  if (!server_->options().connections.has_value()) gate_->Widen(readers);
}

arrow::Result<std::shared_ptr<MetabaseApi>> MetabaseApi::Connect(
    const MetabaseOptions& options, const RetryPolicy& retries,
    const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto server, MetabaseServer::Make(options));
  std::shared_ptr<MetabaseApi> api(new MetabaseApi(std::move(server), retries));
  // What answers there is made sure of before a password is sent to it.
  arrow::Status found = api->Try(stop, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(std::string body,
                          api->server_->GetPublic("/api/session/properties", stop));
    return ReadProperties(body).Value(&api->properties_);
  });
  if (DetailOf(found, "http_status") == "404") {
    found = found.WithMessage(found.message(),
                              "; the url is not Metabase's: give it up "
                              "to where its pages begin, without what names one of them");
  }
  ARROW_RETURN_NOT_OK(found);
  ARROW_ASSIGN_OR_RAISE(std::string listed, api->Get("/api/database", stop));
  ARROW_ASSIGN_OR_RAISE(auto databases, ReadDatabases(listed));
  ARROW_ASSIGN_OR_RAISE(api->database_, FindDatabase(databases, options.database));
  return api;
}

arrow::Status MetabaseApi::Try(const std::stop_token& stop,
                               const std::function<arrow::Status()>& attempt) {
  return Retry(retries_, Clock::System(), stop, nullptr, [&] {
    const arrow::Status status = attempt();
    if (!status.ok() && IsOverload(status)) gate_->HearOverload();
    return status;
  });
}

arrow::Result<std::string> MetabaseApi::Get(const std::string& path,
                                            const std::stop_token& stop) {
  std::string body;
  ARROW_RETURN_NOT_OK(Try(stop, [&] { return server_->Get(path, stop).Value(&body); }));
  return body;
}

arrow::Result<Answer> MetabaseApi::Ask(const Question& question,
                                       const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const std::string json, QuestionJson(question, database_.id));
  const std::string path = question.card.has_value()
                               ? "/api/card/" + std::to_string(*question.card) + "/query"
                               : "/api/dataset";
  Answer answer;
  ARROW_RETURN_NOT_OK(Try(stop, [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const auto place, gate_->Enter(stop));
    ARROW_ASSIGN_OR_RAISE(std::string body, server_->Post(path, json, stop));
    return server_->Scrub(ReadAnswer(std::move(body)).Value(&answer));
  }));
  gate_->HearSuccess();
  return answer;
}

arrow::Result<std::unique_ptr<ByteStream>> MetabaseApi::Export(
    const Question& question, const std::stop_token& stop) {
  std::unique_ptr<ByteStream> stream;
  ARROW_RETURN_NOT_OK(
      Try(stop, [&] { return OpenExport(question, stop).Value(&stream); }));
  gate_->HearSuccess();
  return stream;
}

arrow::Result<std::unique_ptr<ByteStream>> MetabaseApi::OpenExport(
    const Question& question, const std::stop_token& stop) {
  std::string path = "/api/dataset/json";
  std::string form;
  if (question.card.has_value()) {
    path = "/api/card/" + std::to_string(*question.card) + "/query/json";
    form = FormText({{"parameters", question.parameters_json}, {"format_rows", "false"}});
  } else {
    ARROW_ASSIGN_OR_RAISE(const std::string json, QuestionJson(question, database_.id));
    form = FormText({{"query", json}, {"format_rows", "false"}});
  }
  ARROW_ASSIGN_OR_RAISE(auto place, gate_->Enter(stop));
  ARROW_ASSIGN_OR_RAISE(auto body, server_->OpenForm(path, std::move(form),
                                                     server_->options().compress, stop));
  // Old servers send an error as a success: an object where a list was asked for.
  std::string first;
  while (first.find_first_not_of(" \t\r\n") == std::string::npos) {
    std::array<char, kFirstBytes> room;
    auto count = body->Read(room.data(), room.size());
    if (!count.ok()) return server_->Scrub(count.status());
    if (*count == 0) break;
    first.append(room.data(), static_cast<std::size_t>(*count));
  }
  const std::size_t begin = first.find_first_not_of(" \t\r\n");
  if (begin != std::string::npos && first[begin] == '[') {
    return std::make_unique<ExportStream>(std::move(body), std::move(first),
                                          std::move(place));
  }
  // What does not come whole is told as far as it came.
  first += ReadBeginning(*body, kMostErrorBytes).ValueOr("");
  return server_->Scrub(ErrorOfAnswer(first, "", 200));
}

arrow::Result<std::string> MetabaseApi::Account(const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const std::string body, Get("/api/user/current", stop));
  const Json user = Json::parse(body, nullptr, false);
  if (!user.is_object()) return ErrorOfAnswer(body, "", 200);
  return user.value("email", std::string("unknown"));
}

arrow::Result<std::vector<CatalogTable>> MetabaseApi::Tables(
    const std::stop_token& stop) {
  const std::lock_guard lock(mutex_);
  if (!tables_.has_value()) {
    ARROW_ASSIGN_OR_RAISE(const std::string body,
                          Get("/api/database/" + std::to_string(database_.id) +
                                  "/metadata?skip_fields=true",
                              stop));
    ARROW_ASSIGN_OR_RAISE(tables_, ReadTables(body));
  }
  return *tables_;
}

arrow::Result<std::vector<CatalogField>> MetabaseApi::Fields(
    const CatalogTable& table, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(
      const std::string body,
      Get("/api/table/" + std::to_string(table.id) + "/query_metadata", stop));
  return ReadFields(body);
}

arrow::Result<Question> MetabaseApi::CardQuestion(
    const std::string& card, const std::map<std::string, std::string>& parameters,
    const std::stop_token& stop) {
  auto body = Get("/api/card/" + PercentEncoded(card), stop);
  if (!body.ok() && KindOf(body.status()) == ErrorKind::kNotFound) {
    return MakeError(ErrorKind::kNotFound,
                     "Metabase has no saved question " + card +
                         " that this account sees: give the number in its address "
                         "(/question/123) or its entity id",
                     {{"card", card}});
  }
  ARROW_RETURN_NOT_OK(body.status());
  ARROW_ASSIGN_OR_RAISE(const Card found, ReadCard(*body));
  const std::string name = "saved question " + card + " (" + found.name + ")";
  if (found.database != 0 && found.database != database_.id) {
    return MakeError(ErrorKind::kConfig,
                     name + " is of the database with id " +
                         std::to_string(found.database) + ", not of '" + database_.name +
                         "': let `database` name that one",
                     {{"card", card}});
  }
  std::vector<std::string> known;
  for (const CardParameter& parameter : found.parameters) known.push_back(parameter.name);
  Json list = Json::array();
  for (const auto& [key, value] : parameters) {
    const auto at = std::find(known.begin(), known.end(), key);
    if (at == known.end()) {
      std::string all;
      for (const std::string& each : known) all += (all.empty() ? "" : ", ") + each;
      return MakeError(ErrorKind::kNotFound,
                       name + " has no parameter '" + key + "'" + DidYouMean(key, known) +
                           (all.empty() ? "; it has none" : "; it has " + all),
                       {{"card", card}, {"parameter", key}});
    }
    const CardParameter& parameter =
        found.parameters[static_cast<std::size_t>(at - known.begin())];
    Json values = value;
    // Kinds with an operator ("number/=", "string/contains") take lists.
    if (parameter.type.find('/') != std::string::npos &&
        !parameter.type.starts_with("date/")) {
      values = Json::array({value});
    }
    Json given = {{"type", parameter.type},
                  {"target", Json::parse(parameter.target_json, nullptr, false)},
                  {"value", std::move(values)}};
    if (!parameter.id.empty()) given["id"] = parameter.id;
    list.push_back(std::move(given));
  }
  Question question;
  question.card = found.id;
  try {
    question.parameters_json = list.dump();
  } catch (const Json::exception&) {
    return MakeError(ErrorKind::kConfig, "a parameter of " + name + " is no UTF-8 text",
                     {{"card", card}});
  }
  return question;
}

}  // namespace keelboat::metabase
