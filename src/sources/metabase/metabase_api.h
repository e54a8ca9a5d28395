#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "core/retry.h"
#include "sources/metabase/api.h"
#include "sources/metabase/metabase_server.h"
#include "sources/metabase/question_gate.h"
#include "sources/metabase/server_catalog.h"

namespace keelboat::metabase {

/// \brief One database of a Metabase server, over HTTP.
///
/// Thread-safe. What the server lists (databases, tables) is asked for once.
class MetabaseApi final : public Api {
 public:
  /// \brief Logs in and finds the database.
  ///
  /// kNotFound names those that there are. Questions that only read are tried again by
  /// `retries` when the server or the way to it is at fault.
  static arrow::Result<std::shared_ptr<MetabaseApi>> Connect(
      const MetabaseOptions& options, const RetryPolicy& retries,
      const std::stop_token& stop);

  const std::string& engine() const override { return database_.engine; }
  arrow::Result<Answer> Ask(const Question& question,
                            const std::stop_token& stop) override;
  arrow::Result<std::unique_ptr<ByteStream>> Export(const Question& question,
                                                    const std::stop_token& stop) override;

  /// So many threads will read side by side: as many questions may run, unless the
  /// options say how many.
  void ExpectReaders(int readers);

  const Database& database() const { return database_; }
  const Properties& properties() const { return properties_; }
  const MetabaseServer& server() const { return *server_; }
  /// "analyst@example.com" or the key's own account.
  arrow::Result<std::string> Account(const std::stop_token& stop);
  arrow::Result<std::vector<CatalogTable>> Tables(const std::stop_token& stop);
  arrow::Result<std::vector<CatalogField>> Fields(const CatalogTable& table,
                                                  const std::stop_token& stop);
  /// \brief A saved question by number or entity id, with its parameters by name.
  ///
  /// kNotFound for a parameter that it does not have, naming those that it has.
  arrow::Result<Question> CardQuestion(
      const std::string& card, const std::map<std::string, std::string>& parameters,
      const std::stop_token& stop);

 private:
  MetabaseApi(std::unique_ptr<MetabaseServer> server, const RetryPolicy& retries);

  arrow::Result<std::string> Get(const std::string& path, const std::stop_token& stop);
  // Tries until it is done; tells the gate how it went.
  arrow::Status Try(const std::stop_token& stop,
                    const std::function<arrow::Status()>& attempt);
  arrow::Result<std::unique_ptr<ByteStream>> OpenExport(const Question& question,
                                                        const std::stop_token& stop);

  const std::unique_ptr<MetabaseServer> server_;
  const RetryPolicy retries_;
  const std::shared_ptr<QuestionGate> gate_;
  Properties properties_;
  Database database_;
  std::mutex mutex_;
  std::optional<std::vector<CatalogTable>> tables_;
};

}  // namespace keelboat::metabase
