#pragma once

#include <string>
#include <utility>
#include <vector>

#include <arrow/result.h>

#include "warehouses/snowflake/column_types.h"
#include "warehouses/snowflake/sql_text.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// \brief The SQL of one table's load: from a request to statements, nothing else.
///
/// Borrows the request.
class LoadSql {
 public:
  /// `staging`: name of the table that the files are copied into. `files`: those that are
  /// loaded, all of the version or those that arrived. kConfig, kUnsupported for columns
  /// that Snowflake cannot have.
  static arrow::Result<LoadSql> Make(const Place& place, const LoadRequest& request,
                                     const std::vector<LoadFile>& files,
                                     const std::string& staging);

  /// The files as they came to the stage, where their names are other than in the lake.
  void SetFiles(std::vector<LoadFile> files) { files_ = std::move(files); }

  const std::string& target() const { return target_; }
  const std::string& staging() const { return staging_; }
  /// The lake's columns, then keelboat's own.
  const std::vector<Column>& columns() const { return columns_; }
  /// Positions of the key's columns.
  const std::vector<std::size_t>& key() const { return key_; }
  /// Whether files have several versions, of which the newest of each key counts.
  bool has_versions() const { return has_versions_; }
  /// Where each staged row's file goes, quoted; empty where nobody needs it.
  const std::string& file_column() const { return file_column_; }

  std::string CreateStaging() const;
  std::string DropStaging() const;
  /// One row: rows staged, rows without a key, then for each JSON column the values that
  /// are none.
  std::string CountStaged() const;
  /// One number: keys that several staged rows have, or with versions all keys.
  std::string CountKeys() const;
  /// A value that is no JSON.
  std::string ExampleOfText(const Column& column) const;

  std::string CreateTarget() const;
  /// CREATE OR REPLACE with the rows in it, which keeps grants: one statement, so readers
  /// see the old table or the new one.
  std::string ReplaceTarget() const;
  std::string AddColumn(const Column& column) const;
  std::string WidenColumn(const Column& column) const;
  std::string CommentOnTable() const;
  std::string CommentOnColumn(const Column& column) const;

  std::string CountTarget() const;
  std::string CountOfThisRun() const;
  std::string DeleteAll() const;
  std::string DeleteOutdated(const std::string& bound) const;
  /// Deletes the rows whose keys arrive.
  std::string DeleteArrived() const;
  std::string Insert() const;
  /// A query for what a load brings, the lake's columns only, JSON as text that compares.
  std::string SelectComparable() const;
  /// The same for what the table holds.
  std::string SelectTarget() const;

 private:
  explicit LoadSql(const LoadRequest& request) : request_(&request) {}

  std::string StagedRows() const;
  std::string KeyNames() const;
  std::string Values() const;

  const LoadRequest* request_;
  std::vector<LoadFile> files_;
  std::string target_;
  std::string staging_;
  std::vector<Column> columns_;
  std::size_t lake_columns_ = 0;
  std::vector<std::size_t> key_;
  bool has_versions_ = false;
  std::string file_column_;
};

/// \brief SQL for an increment's bound in the type of its cursor.
///
/// kConflict with kWholeLoad where values of that type and this text cannot be compared.
arrow::Result<std::string> BoundOf(const LoadRequest& request, const Column& cursor);

}  // namespace keelboat::snowflake
