#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/snowflake/copy.h"
#include "warehouses/snowflake/load_name.h"
#include "warehouses/snowflake/load_sql.h"
#include "warehouses/snowflake/options.h"
#include "warehouses/snowflake/session.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// Opens another session with the stop token and query tag of the load.
using OpenSession = std::function<arrow::Result<std::unique_ptr<Session>>()>;

/// \brief The files of a load in a table of their own, which no reader looks at.
///
/// Everything here happens outside of any transaction. Used once; borrows what it is
/// given. Its table and its files on the stage go with `CleanUp`, and those of a process
/// that died with `RemoveLeftovers` of a later one.
class StagedLoad {
 public:
  StagedLoad(Session* session, OpenSession open, const SnowflakeOptions& options,
             const LoadRequest& request, LoadName name)
      : session_(*session),
        open_(std::move(open)),
        options_(options),
        request_(request),
        name_(std::move(name)) {}

  /// \brief Brings all rows of `files` and proves that they are whole.
  ///
  /// kData where a file has other rows than its receipt says, a key is missing or not
  /// unique, or a JSON column holds what Snowflake does not take for JSON.
  arrow::Status Fill(LoadSql* sql, const std::vector<LoadFile>& files);

  /// Rows that count: with versions one for each key.
  int64_t rows() const { return rows_; }

  /// Drops the table and the files, as far as that can be done now.
  void CleanUp(const LoadSql& sql);

 private:
  arrow::Status Put(LoadSql* sql, const std::vector<LoadFile>& files);
  arrow::Status CopyFromBucket(const LoadSql& sql, const std::vector<LoadFile>& files);
  arrow::Status Check(const LoadSql& sql, const std::vector<LoadFile>& files);
  arrow::Status CheckKeys(const LoadSql& sql);

  Session& session_;
  const OpenSession open_;
  const SnowflakeOptions& options_;
  const LoadRequest& request_;
  const LoadName name_;
  bool has_table_ = false;
  bool has_files_ = false;
  int64_t rows_ = 0;
};

/// \brief Removes what loads of dead processes left more than a day ago.
///
/// Best effort: what cannot be listed or removed stays.
void RemoveLeftovers(Session& session, const SnowflakeOptions& options, SystemTime now);

}  // namespace keelboat::snowflake
