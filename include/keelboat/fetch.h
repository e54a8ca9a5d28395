#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "keelboat/source.h"

namespace keelboat {

struct FetchOptions {
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
  /// own.
  int connections = 1;
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
};

/// \brief A stream of batches that also tells what happened to values on the way.
///
/// One thread reads at a time. Close (or the destructor) ends the server's queries; it
/// may be called before the end. After an error ReadNext returns that error again.
class FetchReader : public arrow::RecordBatchReader {
 public:
  /// Things to know of the values read so far ("3 zero dates in column born were read as
  /// null, as configured"); complete at the end.
  virtual std::vector<std::string> Warnings() const = 0;
  virtual const FetchInfo& info() const = 0;
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

}  // namespace keelboat
