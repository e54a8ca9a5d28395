#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "sources/metabase/answer_description.h"
#include "sources/metabase/metabase_api.h"
#include "sources/metabase/piece_reader.h"
#include "sources/metabase/question_split.h"
#include "support/metabase_standin.h"

namespace keelboat::metabase {

using keelboat::testing::MetabaseStandin;

/// Reads of the rows' side from the stand-in, for tests.
///
/// One stand-in for a suite; each test finds it as it was started, in every generation.
class MetabaseRows : public ::testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    if (standin_ == nullptr) standin_ = new MetabaseStandin("v63", 20'000);
  }
  static void TearDownTestSuite() {
    delete standin_;
    standin_ = nullptr;
  }
  void SetUp() override {
    standin_->Reset();
    standin_->Set(R"({"profile":")" + std::string(GetParam()) + "\"}");
    Use("Growth Team Clickhouse Connection");
  }
  void Use(const std::string& database,
           std::chrono::seconds patience = std::chrono::seconds(60)) {
    MetabaseOptions options;
    options.url = standin_->url();
    options.api_key = MetabaseStandin::kApiKey;
    options.database = database;
    options.read_timeout = patience;
    api_ = MetabaseApi::Connect(options, {1, kPause, true, 4 * kPause}, {}).ValueOrDie();
  }

  static constexpr std::chrono::milliseconds kPause{5};

  struct Read {
    std::vector<std::string> rows;  // Values, "|" between them.
    std::vector<std::string> types;
    std::vector<std::string> names;
    std::vector<std::string> warnings;
    std::size_t pieces = 0;
    Split split;
    int64_t moved = 0;
    int64_t count = 0;
    arrow::Status status;
  };

  static PieceOptions Options() {
    PieceOptions options;
    options.retry = {3, kPause, true, 4 * kPause};
    return options;
  }

  // `texts`: rows are kept; otherwise only counted.
  arrow::Status ReadPieces(const Relation& relation, const SplitRequest& request,
                           const PieceOptions& options, bool texts, Read* read) {
    ARROW_ASSIGN_OR_RAISE(read->split, SplitQuestion(*api_, relation, request, {}));
    read->pieces = read->split.pieces.size();
    Partition partition;
    partition.sql = relation.sql;
    partition.columns = relation.schema->field_names();
    for (const auto& piece : read->split.pieces) {
      partition.predicates.clear();
      if (piece.predicate.has_value()) partition.predicates = {*piece.predicate};
      partition.estimated_rows = piece.estimated_rows;
      ARROW_ASSIGN_OR_RAISE(auto reader,
                            ReadPiece(*api_, relation, partition, options, {}));
      while (true) {
        std::shared_ptr<arrow::RecordBatch> batch;
        ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
        if (batch == nullptr) break;
        ARROW_RETURN_NOT_OK(batch->ValidateFull());
        read->count += batch->num_rows();
        for (int64_t row = 0; texts && row < batch->num_rows(); ++row) {
          std::string text;
          for (int i = 0; i < batch->num_columns(); ++i) {
            auto value = batch->column(i)->GetScalar(row).ValueOrDie()->ToString();
            text += (i > 0 ? "|" : "") + value;
          }
          read->rows.push_back(std::move(text));
        }
      }
      read->moved += reader->MovedRows();
      for (auto& warning : reader->Warnings()) read->warnings.push_back(warning);
      ++partition.ordinal;
    }
    return arrow::Status::OK();
  }

  Read Fetch(const std::string& sql, const SplitRequest& request = {},
             const PieceOptions& options = Options(), bool texts = true) {
    Question question;
    question.sql = sql;
    return Fetch(question, request, options, texts);
  }
  Read Fetch(const Question& question, const SplitRequest& request = {},
             const PieceOptions& options = Options(), bool texts = true) {
    Read read;
    auto relation = DescribeAnswer(*api_, question, {});
    read.status = relation.status();
    if (!relation.ok()) return read;
    for (const auto& field : relation->schema->fields()) {
      read.types.push_back(field->type()->ToString() +
                           (field->nullable() ? "" : " not null"));
      read.names.push_back(field->name());
    }
    read.status = ReadPieces(*relation, request, options, texts, &read);
    return read;
  }
  static SplitRequest Pieces(int pieces, std::vector<std::string> on = {}) {
    SplitRequest request;
    request.pieces = pieces;
    request.least_rows = 10;
    request.on = std::move(on);
    return request;
  }
  inline static MetabaseStandin* standin_ = nullptr;
  std::shared_ptr<MetabaseApi> api_;
};

inline std::vector<std::string> Sorted(std::vector<std::string> rows) {
  std::ranges::sort(rows);
  return rows;
}

}  // namespace keelboat::metabase
