#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "keelboat/source.h"

namespace keelboat {

/// How an answer is brought over.
enum class FetchStrategy {
  kAuto,        ///< By the number of rows: see FetchOptions::single_rows.
  kSingle,      ///< One answer, as it is.
  kPagination,  ///< Ranges of a key, one after another.
  kParallel,    ///< Ranges of a key, side by side.
};

/// Returns "auto", "single", "pagination" or "parallel".
std::string_view FetchStrategyName(FetchStrategy strategy);

/// Whether the server counts the rows too. Only sources whose server may cut an answer
/// short (Metabase) are counted; the others say themselves where an answer ends.
enum class FetchVerify {
  kCount,  ///< Before and after each range; a count in between is kept and told
           ///< (`moved`).
  kOff,    ///< What comes is believed, but for answers that are visibly cut.
};

struct FetchOptions {
  FetchStrategy strategy = FetchStrategy::kAuto;
  /// \brief Column to cut ranges on; empty: the source's own choice.
  ///
  /// kConfig where the relation cannot be cut on it.
  std::string partition_on;
  FetchVerify verify = FetchVerify::kCount;
  /// \brief Columns to bring as text, as the source spells them.
  ///
  /// The way out when a value contradicts its column's type: that is kData with the
  /// column in the detail "mismatched_column".
  std::vector<std::string> text_columns;
  /// kAuto: up to so many rows are one answer …
  int64_t single_rows = 50'000;
  /// … up to so many are ranges one after another, and more are read side by side.
  /// Sources whose one answer has no end but its last row (MySQL) do not need the ranges:
  /// there kAuto is kSingle for one connection and kParallel for several.
  int64_t pagination_rows = 500'000;
  /// About so many rows a range; unset: as suits the server. A range whose answer would
  /// be cut off is cut smaller all the same.
  std::optional<int64_t> range_rows;
  /// Columns to read, in this order; empty: all. Tables only.
  std::vector<std::string> columns;
  /// A filter in the source's SQL, without the word WHERE. Tables only.
  std::string where;
  /// At most so many rows, in key order where there is a key. Read by one connection.
  std::optional<int64_t> limit;
  /// \brief Connections that read side by side.
  ///
  /// 1 reads in the caller's own thread, without read-ahead. More cut the rows into
  /// ranges by estimates, where there is a key to cut on, and read on threads of their
  /// own. Unset: 4 where one answer of the server does not hold everything, and for
  /// tables that are estimated above `pagination_rows`; else 1.
  std::optional<int> connections;
  /// \brief Whether all connections see one moment.
  ///
  /// Where the server cannot give that to several connections, one reads everything.
  bool consistent = true;
  /// \brief Whether ranges come one after another.
  ///
  /// Within a range rows come as the server sends them. false: batches come as they are
  /// ready, which keeps every connection busy.
  bool ordered = false;
  /// Bound of the batches that are read ahead, all connections together. A connection
  /// always may hold one batch (64 Ki rows or about 16 MiB).
  int64_t read_ahead_bytes = int64_t{64} << 20;
  /// A request ends the fetch: the next ReadNext returns kCancelled.
  std::stop_token stop;
};

/// How a fetch is carried out. A value.
struct FetchInfo {
  int connections = 1;
  int ranges = 1;
  /// How far the connections agree: "snapshot", "locked", "cursor" or "statement".
  std::string consistency = "statement";
  /// The server's own name of the moment, where it tells one.
  std::string position;
  /// Why it is less than was asked for; may be empty.
  std::string note;
  /// What was done; never kAuto.
  FetchStrategy strategy = FetchStrategy::kSingle;
  /// Why that one: "1,200,000 rows side by side (more than 500,000)".
  std::string reason;
  /// Rows to come, counted before the first one; unset: nobody counted.
  std::optional<int64_t> rows;
  /// The server's guess of the rows to come; unset: it has none.
  std::optional<int64_t> estimated_rows;
};

/// \brief A stream of batches that also tells what happened to values on the way.
///
/// One thread at a time. Close (or the destructor) ends the server's queries; it may be
/// called before the end, and then ReadNext returns kCancelled: what came is not all.
/// After an error ReadNext returns that error again.
class FetchReader : public arrow::RecordBatchReader {
 public:
  /// Things to know of the values read so far ("3 zero dates in column born were read as
  /// null, as configured"); complete at the end.
  virtual std::vector<std::string> Warnings() const = 0;
  virtual const FetchInfo& info() const = 0;
  /// \brief How many rows the server had more or fewer after the read than before it.
  ///
  /// What came lies between the two counts. Complete at the end.
  virtual int64_t moved() const = 0;
};

/// \brief Streams a table.
///
/// Types: docs of the source (src/sources/mysql/TYPES.md). The reader keeps the source
/// alive. A value that Arrow cannot hold exactly is kData and names column, value and
/// row; a table altered meanwhile is kConflict.
arrow::Result<std::shared_ptr<FetchReader>> FetchTable(
    const std::shared_ptr<DataSource>& source, const std::string& table,
    const FetchOptions& options = {});

/// Streams the answer of a query. kConfig for `columns` or `where`: the query has its
/// own.
arrow::Result<std::shared_ptr<FetchReader>> FetchQuery(
    const std::shared_ptr<DataSource>& source, const std::string& sql,
    const FetchOptions& options = {});

/// \brief Streams the answer of a saved question.
///
/// \param card the question's number or entity id.
/// \param parameters its parameters by name, as text.
/// kUnsupported for sources without saved questions.
arrow::Result<std::shared_ptr<FetchReader>> FetchCard(
    const std::shared_ptr<DataSource>& source, const std::string& card,
    const std::map<std::string, std::string>& parameters = {},
    const FetchOptions& options = {});

}  // namespace keelboat
