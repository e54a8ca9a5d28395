#include "sources/metabase/metabase_source.h"

#include <mutex>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/clock.h"
#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "sources/metabase/answer_description.h"
#include "sources/metabase/cursor_facts.h"
#include "sources/metabase/dialect.h"
#include "sources/metabase/metabase_api.h"
#include "sources/metabase/metabase_snapshot.h"
#include "sources/metabase/question_split.h"

namespace keelboat {
namespace {

using metabase::CatalogField;
using metabase::CatalogTable;
using metabase::MetabaseApi;
using metabase::Question;

// What an engine is called by people, where its server does not say.
std::string ProductOf(const metabase::Database& database) {
  return "Metabase over " +
         (database.flavor.empty() ? database.engine : database.flavor) +
         (database.version.empty() ? "" : " " + database.version);
}

// Takes the comments of columns over from the catalogue.
arrow::Result<std::shared_ptr<arrow::Schema>> WithComments(
    std::shared_ptr<arrow::Schema> schema, const std::vector<CatalogField>& fields) {
  for (const CatalogField& field : fields) {
    const int at = schema->GetFieldIndex(field.name);
    if (at < 0 || field.description.empty()) continue;
    const auto& described = schema->field(at);
    const auto metadata = arrow::key_value_metadata({{kCommentKey, field.description}});
    ARROW_ASSIGN_OR_RAISE(schema,
                          schema->SetField(at, described->WithMergedMetadata(metadata)));
  }
  return schema;
}

class MetabaseSource final : public Source {
 public:
  MetabaseSource(std::string name, MetabaseOptions options, const RetryPolicy& retries)
      : name_(std::move(name)), options_(std::move(options)), retries_(retries) {}

  const std::string& name() const override { return name_; }
  bool HasSnapshots() const override { return false; }

  arrow::Result<std::string> Dialect(const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    return api->engine();
  }

  arrow::Result<SourceInfo> Check(const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    SourceInfo info;
    info.product = ProductOf(api->database());
    info.version = api->properties().version;
    info.database_id = std::to_string(api->database().id);
    info.endpoint = api->server().place() + "/" + api->database().name;
    ARROW_ASSIGN_OR_RAISE(info.user, api->Account(stop));
    info.tls_version = api->server().tls_version();
    info.tls = !info.tls_version.empty();
    if (!api->database().native) {
      return MakeError(
          ErrorKind::kDenied,
          "Metabase does not let " + info.user + " write SQL for database '" +
              api->database().name +
              "': an administrator gives its group \"Query builder and native\" on it "
              "(Admin settings, Permissions)",
          {{"database", api->database().name}});
    }
    return info;
  }

  arrow::Result<std::vector<std::string>> ListTables(
      const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    ARROW_ASSIGN_OR_RAISE(const auto tables, api->Tables(stop));
    return TableNames(tables);
  }

  arrow::Result<Relation> DescribeTable(const std::string& table,
                                        const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    ARROW_ASSIGN_OR_RAISE(const auto tables, api->Tables(stop));
    ARROW_ASSIGN_OR_RAISE(const CatalogTable found, FindTable(tables, table));
    ARROW_ASSIGN_OR_RAISE(const auto fields, api->Fields(found, stop));
    const metabase::Dialect dialect(api->engine());
    Question question;
    ARROW_ASSIGN_OR_RAISE(std::string from, dialect.Quote(found.name));
    if (!found.schema.empty()) {
      ARROW_ASSIGN_OR_RAISE(const std::string schema, dialect.Quote(found.schema));
      from = schema + "." + from;
    }
    question.sql = "SELECT * FROM " + from;
    auto described = metabase::DescribeAnswer(*api, question, stop);
    if (!described.ok())
      return AddContext(described.status(), "describing table " + table);
    Relation relation = std::move(*described);
    relation.table = table;
    relation.sql.clear();
    relation.comment = found.description;
    ARROW_ASSIGN_OR_RAISE(relation.schema, WithComments(relation.schema, fields));
    // A sync marks sorting keys and columns that are only named like a key: what it calls
    // one proves nothing, but is good to cut on.
    Index index;
    index.name = "metabase";
    for (const CatalogField& field : fields) {
      if (field.semantic_type != "type/PK") continue;
      if (relation.schema->GetFieldIndex(field.name) < 0) continue;
      index.columns.push_back(field.name);
    }
    if (!index.columns.empty()) relation.indexes.push_back(std::move(index));
    return relation;
  }

  arrow::Result<Relation> DescribeQuery(const std::string& sql,
                                        const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    Question question;
    question.sql = sql;
    return metabase::DescribeAnswer(*api, question, stop);
  }

  arrow::Result<Relation> DescribeCard(
      const std::string& card, const std::map<std::string, std::string>& parameters,
      const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    ARROW_ASSIGN_OR_RAISE(const Question question,
                          api->CardQuestion(card, parameters, stop));
    auto described = metabase::DescribeAnswer(*api, question, stop);
    if (!described.ok()) {
      return AddContext(described.status(), "describing saved question " + card);
    }
    Relation relation = std::move(*described);
    relation.card = std::to_string(*question.card);
    relation.card_parameters = parameters;
    return relation;
  }

  arrow::Result<int64_t> CountDuplicates(const std::string& table,
                                         const std::vector<std::string>& columns,
                                         const std::stop_token& stop) override {
    if (columns.empty()) {
      return MakeError(ErrorKind::kInternal, "no columns to look for duplicates in");
    }
    ARROW_ASSIGN_OR_RAISE(const Relation relation, DescribeTable(table, stop));
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    return metabase::CountDuplicates(*api, relation, columns, stop);
  }

  arrow::Result<std::shared_ptr<SourceReader>> Read(
      const Relation& relation, const Partition& partition,
      const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    metabase::PieceOptions options;
    options.retry = retries_;
    return metabase::OpenReader(std::move(api), relation, partition, options, stop);
  }

  arrow::Result<Split> SplitRelation(const Relation& relation,
                                     const SplitRequest& request,
                                     const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    auto split = metabase::SplitQuestion(*api, relation, request, stop);
    if (split.ok()) return split;
    return AddContext(split.status(),
                      "cutting " +
                          (relation.table.empty() ? std::string("a query")
                                                  : "table " + relation.table) +
                          " into pieces");
  }

  arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
      const SnapshotRequest& request, const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto api, Connected(stop));
    return metabase::OpenSnapshot(name_, std::move(api), request, retries_, stop);
  }

 private:
  // One login for all calls. Whoever comes first connects, the others wait; an error is
  // not kept, but for a refused login, which must not be tried again.
  arrow::Result<std::shared_ptr<MetabaseApi>> Connected(const std::stop_token& stop) {
    const std::lock_guard lock(mutex_);
    ARROW_RETURN_NOT_OK(refused_);
    if (api_ == nullptr) {
      auto api = MetabaseApi::Connect(options_, retries_, stop);
      if (!api.ok() && KindOf(api.status()) == ErrorKind::kAuth) refused_ = api.status();
      ARROW_ASSIGN_OR_RAISE(api_, std::move(api));
    }
    return api_;
  }

  const std::string name_;
  const MetabaseOptions options_;
  const RetryPolicy retries_;
  std::mutex mutex_;
  std::shared_ptr<MetabaseApi> api_;
  arrow::Status refused_;
};

}  // namespace

arrow::Result<std::unique_ptr<Source>> MakeMetabaseSource(std::string name,
                                                          const MetabaseOptions& options,
                                                          const RetryPolicy& pauses) {
  auto server = metabase::MetabaseServer::Make(options);
  if (!server.ok()) return AddContext(server.status(), "source " + name);
  RetryPolicy retries = pauses;
  retries.max_retries = options.retries;
  return std::make_unique<MetabaseSource>(std::move(name), options, retries);
}

}  // namespace keelboat
