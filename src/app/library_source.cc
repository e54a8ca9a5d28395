#include <utility>

#include <arrow/type.h>

#include "keelboat/source.h"
#include "sources/metabase/metabase_source.h"
#include "sources/mysql/mysql_source.h"
#include "sources/source.h"

namespace keelboat {
namespace {

std::optional<MysqlTlsMode> TlsOf(SourceOptions::Tls tls) {
  switch (tls) {
    case SourceOptions::Tls::kDefault:
      return std::nullopt;
    case SourceOptions::Tls::kVerifyIdentity:
      return MysqlTlsMode::kVerifyIdentity;
    case SourceOptions::Tls::kVerifyCa:
      return MysqlTlsMode::kVerifyCa;
    case SourceOptions::Tls::kRequired:
      return MysqlTlsMode::kRequired;
    case SourceOptions::Tls::kPreferred:
      return MysqlTlsMode::kPreferred;
    case SourceOptions::Tls::kDisabled:
      return MysqlTlsMode::kDisabled;
  }
  return MysqlTlsMode::kVerifyIdentity;
}

MysqlZeroDates ZeroDatesOf(SourceOptions::ZeroDates policy) {
  switch (policy) {
    case SourceOptions::ZeroDates::kNull:
      return MysqlZeroDates::kNull;
    case SourceOptions::ZeroDates::kText:
      return MysqlZeroDates::kText;
    case SourceOptions::ZeroDates::kFail:
      break;
  }
  return MysqlZeroDates::kFail;
}

}  // namespace

DataSource::DataSource(std::unique_ptr<Source> source) : source_(std::move(source)) {}
DataSource::~DataSource() = default;

std::shared_ptr<DataSource> DataSource::Of(std::unique_ptr<Source> source) {
  return std::shared_ptr<DataSource>(new DataSource(std::move(source)));
}

arrow::Result<std::map<std::string, std::string>> DataSource::Check(
    const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const SourceInfo info, source_->Check(stop));
  std::map<std::string, std::string> told = {{"product", info.product},
                                             {"version", info.version},
                                             {"endpoint", info.endpoint},
                                             {"user", info.user}};
  if (!info.database_id.empty()) told["database_id"] = info.database_id;
  return told;
}

arrow::Result<std::string> DataSource::Dialect(const std::stop_token& stop) {
  return source_->Dialect(stop);
}

arrow::Result<std::shared_ptr<DataSource>> DataSource::OpenMysql(
    const SourceOptions& options) {
  MysqlOptions mysql;
  mysql.name = options.database;
  mysql.host = options.host;
  mysql.port = options.port;
  mysql.socket = options.socket;
  mysql.user = options.user;
  mysql.password = options.password;
  mysql.database = options.database;
  mysql.tls = TlsOf(options.tls);
  mysql.tls_ca = options.tls_ca;
  mysql.zero_dates = ZeroDatesOf(options.zero_dates);
  mysql.connect_timeout = options.connect_timeout;
  mysql.read_timeout = options.read_timeout;
  ARROW_ASSIGN_OR_RAISE(auto source, MakeMysqlSource(std::move(mysql)));
  return std::shared_ptr<DataSource>(new DataSource(std::move(source)));
}

arrow::Result<std::shared_ptr<DataSource>> DataSource::OpenMetabase(
    const MetabaseOptions& options) {
  ARROW_ASSIGN_OR_RAISE(auto source, MakeMetabaseSource("metabase", options));
  return std::shared_ptr<DataSource>(new DataSource(std::move(source)));
}

arrow::Result<std::vector<std::string>> DataSource::ListTables(
    const std::stop_token& stop) {
  return source_->ListTables(stop);
}

arrow::Result<TableDescription> DataSource::DescribeTable(const std::string& table,
                                                          const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(Relation relation, source_->DescribeTable(table, stop));
  return TableDescription{std::move(relation.schema), std::move(relation.primary_key),
                          std::move(relation.comment)};
}

}  // namespace keelboat
