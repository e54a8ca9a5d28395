#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "sources/mysql/mysql_source.h"
#include "support/mariadb_server.h"

namespace keelboat::mysql {

/// Options that reach the shared test server.
inline MysqlOptions ServerOptions(
    const testing::MariadbServer& server = testing::MariadbServer::Shared()) {
  MysqlOptions options;
  options.name = "shop";
  options.port = server.port();
  options.user = testing::MariadbServer::kUser;
  options.password = testing::MariadbServer::kPassword;
  options.database = testing::MariadbServer::kDatabase;
  options.tls = MysqlTlsMode::kDisabled;
  return options;
}

/// The whole relation as one partition.
inline Partition WholeOf(const Relation& relation) {
  Partition partition;
  partition.source = "shop";
  partition.table = relation.table;
  partition.columns = relation.schema->field_names();
  return partition;
}

/// Everything a read yields.
struct ReadResult {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  std::vector<std::string> warnings;

  int64_t rows() const {
    int64_t count = 0;
    for (const auto& batch : batches) count += batch->num_rows();
    return count;
  }
};

/// Reads a partition to its end and checks that every batch is sound.
inline arrow::Result<ReadResult> ReadAll(Source* source, const Relation& relation,
                                         const Partition& partition) {
  ARROW_ASSIGN_OR_RAISE(auto reader, source->Read(relation, partition, {}));
  ReadResult result{reader->schema(), {}, {}};
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) break;
    ARROW_RETURN_NOT_OK(batch->ValidateFull());
    result.batches.push_back(std::move(batch));
  }
  result.warnings = reader->Warnings();
  return result;
}

/// Describes a table and reads all of it.
inline arrow::Result<ReadResult> ReadTable(Source* source, const std::string& table) {
  ARROW_ASSIGN_OR_RAISE(Relation relation, source->DescribeTable(table, {}));
  return ReadAll(source, relation, WholeOf(relation));
}

}  // namespace keelboat::mysql
