#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "net/byte_stream.h"

namespace keelboat::metabase {

/// What is asked of a database behind Metabase: SQL of its own dialect, or a saved
/// question. A value.
struct Question {
  std::string sql;              ///< Empty for a card.
  std::optional<int64_t> card;  ///< A saved question's id.
  /// Metabase's `parameters`, a JSON list.
  std::string parameters_json = "[]";
  /// Metabase's `template-tags`, a JSON object; SQL only.
  std::string template_tags_json = "{}";
};

/// A column as Metabase describes it. Empty where the server tells nothing.
struct AnswerColumn {
  std::string name;
  std::string display_name;
  std::string base_type;       ///< "type/BigInteger".
  std::string effective_type;  ///< Likewise; differs where a coercion applies.
  std::string database_type;   ///< The database's own: "UInt64". Old servers tell none.
  std::string semantic_type;   ///< "type/PK".
};

/// \brief A small answer, held whole: a preflight, a count, the ends of a range.
struct Answer {
  std::vector<AnswerColumn> columns;
  /// JSON text of each cell, strings without their quotes and escapes; nullopt: null.
  std::vector<std::vector<std::optional<std::string>>> rows;
  std::string results_timezone;  ///< "UTC", "Europe/Berlin".
  bool truncated = false;        ///< A row limit of the server was reached.
};

/// \brief One database behind a Metabase server, over HTTP.
///
/// Thread-safe. Logging in, renewing an expired session, retries and the meaning of
/// errors are inside. How many questions run at once is bounded by how many the server
/// takes: further calls wait for their turn. Errors as in sources/source.h, with the
/// server's own words.
class Api {
 public:
  virtual ~Api() = default;
  /// Kind of the database: "clickhouse", "postgres", "mysql", …
  virtual const std::string& engine() const = 0;
  /// Asks for an answer that is small. At most the server's row limit (2,000 by default)
  /// comes back; then `truncated` is set.
  virtual arrow::Result<Answer> Ask(const Question& question,
                                    const std::stop_token& stop) = 0;
  /// \brief Opens the JSON export of a question: `[\n{…},\n{…}\n]`, unformatted values.
  ///
  /// Returns once the first bytes are there, so that an error before the first row is an
  /// error here. An error object may still come later, in the body of a server that
  /// appends it. The stream must not outlive the Api; while it is there it counts as a
  /// running question. `stop` ends its reads, too.
  virtual arrow::Result<std::unique_ptr<ByteStream>> Export(
      const Question& question, const std::stop_token& stop) = 0;
};

}  // namespace keelboat::metabase
