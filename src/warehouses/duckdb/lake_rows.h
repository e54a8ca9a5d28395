#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "warehouses/adbc.h"
#include "warehouses/duckdb/column_types.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

/// \brief Files of a lake table as one relation in SQL, in the warehouse's types.
///
/// With a key and files of several versions it has of rows with one key only that of the
/// newest. A value; the SQL is good for as long as the files are there.
class LakeRows {
 public:
  /// \brief Looks into the files: which columns each has, in which types.
  ///
  /// Only the heads of the files are read. kData for a column that the files hold in
  /// another type than the lake's log says.
  static arrow::Result<LakeRows> Inspect(adbc::Connection& connection,
                                         const arrow::Schema& schema,
                                         std::vector<LoadFile> files,
                                         const std::vector<std::string>& key);

  /// The lake's columns, without keelboat's own.
  const std::vector<Column>& columns() const { return columns_; }
  bool empty() const { return files_.empty(); }
  /// Whether `Select` leaves rows out: there is a key and several versions have rows.
  bool has_versions() const { return groups_.size() > 1; }
  /// Rows that the files should have, before any is left out.
  int64_t file_rows() const;

  /// A query for the rows, columns in order; JSON is text.
  std::string Select() const;
  /// \brief Queries that together have the rows of `Select`: one for each row group.
  ///
  /// Reads the heads of the files.
  arrow::Result<std::vector<std::string>> SelectPieces(adbc::Connection& connection,
                                                       const arrow::Schema& schema) const;
  /// Whether the files' row groups, which have a size in bytes, have few rows. Looks into
  /// the files.
  arrow::Result<bool> HasLargeRows(adbc::Connection& connection) const;
  /// A query for the keys of all rows, those left out included.
  std::string SelectKeys() const;
  /// `left.k = right.k AND …` over the key.
  std::string SameKey(const std::string& left, const std::string& right) const;

  /// Names of the JSON columns with a value that DuckDB does not take as JSON.
  arrow::Result<std::vector<std::string>> FindTextInJson(
      adbc::Connection& connection) const;
  /// \brief Proves that a statement that put `Select` somewhere read all rows.
  ///
  /// `inserted` is what it changed. kData where the files' rows are not what their
  /// receipts say, or where more or fewer rows than keys came in.
  arrow::Status CheckRead(adbc::Connection& connection, const std::string& table,
                          int64_t lake_version, int64_t inserted) const;

 private:
  /// Files that are read with one `read_parquet`.
  struct Group {
    std::vector<LoadFile> files;
    /// Per column, the SQL for its value; typed NULL where no file has it.
    std::vector<std::string> expressions;
    std::string condition = "";  ///< SQL; empty: all rows.
  };

  arrow::Status CheckFileRows(adbc::Connection& connection) const;
  arrow::Status AddGroup(adbc::Connection& connection, const arrow::Schema& schema,
                         std::vector<LoadFile> files);
  arrow::Result<Group> MakeGroup(adbc::Connection& connection,
                                 const arrow::Schema& schema,
                                 std::vector<LoadFile> files) const;
  /// The rows of some files of the oldest version and of some newer ones that count; null
  /// for none.
  std::string SelectNewest(const Group* oldest, const Group* newer) const;
  std::string SelectColumns(const Group& group, const std::string& version_name) const;
  std::string SelectKeys(const Group& group, const std::string& version_name) const;
  std::string KeyNames() const;
  /// A column name that the table does not have.
  std::string FreeName(std::string name) const;

  std::vector<Column> columns_;
  std::vector<LoadFile> files_;
  std::vector<std::size_t> key_;  ///< Positions in `columns_`.
  /// None, one, or two: the files of the oldest version, which mostly are the bulk of the
  /// table, and all that are newer.
  std::vector<Group> groups_;
};

}  // namespace keelboat::duckdb
