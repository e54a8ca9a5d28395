#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sources/metabase/api.h"

namespace keelboat::metabase {

/// \brief A Metabase over one table in memory, for tests: columns `id` and `note`.
///
/// Understands the SQL that this folder writes, and nothing else: conditions over `id`,
/// counts, ends, exports, orders by `id`. Thread-safe.
class FakeApi final : public Api {
 public:
  struct Row {
    std::optional<int64_t> id;
    std::string note;
  };
  /// What becomes of an export: from its rows' number and the number of exports before.
  struct Fate {
    std::optional<std::size_t> rows;   ///< Only so many come, and a proper end.
    std::optional<std::size_t> bytes;  ///< Only so many come, and then `end`.
    arrow::Status end;
  };
  using Fault = std::function<Fate(std::size_t rows, int exports)>;

  explicit FakeApi(std::vector<Row> rows, std::string id_type = "Nullable(Int64)")
      : rows_(std::move(rows)), id_type_(std::move(id_type)) {}

  const std::string& engine() const override { return engine_; }
  arrow::Result<Answer> Ask(const Question& question,
                            const std::stop_token& stop) override;
  arrow::Result<std::unique_ptr<ByteStream>> Export(const Question& question,
                                                    const std::stop_token& stop) override;

  void set_engine(std::string engine) { engine_ = std::move(engine); }
  void set_fault(Fault fault) { fault_ = std::move(fault); }
  /// Called at the begin of each export, for tables that change.
  void set_before_export(std::function<void(std::vector<Row>*)> change) {
    change_ = std::move(change);
  }
  const std::vector<std::string>& questions() const { return questions_; }
  int exports() const { return exports_; }
  int asks() const { return asks_; }

 private:
  std::vector<Row> Chosen(const std::string& sql) const;

  std::string engine_ = "clickhouse";
  std::vector<Row> rows_;
  std::string id_type_;
  Fault fault_;
  std::function<void(std::vector<Row>*)> change_;
  mutable std::mutex mutex_;
  std::vector<std::string> questions_;
  int exports_ = 0;
  int asks_ = 0;
};

}  // namespace keelboat::metabase
