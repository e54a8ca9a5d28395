#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "sources/metabase/engine_kind.h"

namespace keelboat::metabase {

/// \brief The words of one database's SQL. Pure; a value.
///
/// What it writes reaches the database through Metabase, which reads {{ }} and [[ ]] as
/// its own: literals are written without them.
class Dialect {
 public:
  /// \param engine Metabase's name of it: "clickhouse", "postgres", "sqlserver", …
  explicit Dialect(std::string_view engine);

  EngineKind kind() const { return kind_; }

  /// A name in the database's quotes. kUnsupported for names that Metabase would read
  /// as tags.
  arrow::Result<std::string> Quote(std::string_view name) const;

  /// A string as a literal of the database.
  std::string Text(std::string_view text) const;

  /// \brief A literal that compares exactly with a column.
  ///
  /// `value` is in the form of Predicate (sources/source.h); `field` is the column as
  /// described, with its metadata. kConfig for text that is no value of the column,
  /// kUnsupported for columns that cannot be compared.
  arrow::Result<std::string> Literal(const arrow::Field& field,
                                     std::string_view value) const;

  /// Whether rows can be dealt to buckets by a hash of their values.
  bool has_hash() const { return kind_ != EngineKind::kOther; }
  /// \brief "These columns' hash is in this bucket": true for exactly one of `buckets`.
  ///
  /// `columns` are expressions. Nulls count as a value. Needs `has_hash`.
  std::string HashIs(const std::vector<std::string>& columns, int64_t bucket,
                     int64_t buckets) const;

  /// Whether an ascending order puts nulls first; for engines that are known.
  bool NullsFirst(bool descending) const;
  /// Names are compared without regard to upper and lower case, where not quoted.
  bool folds_names() const { return kind_ != EngineKind::kClickHouse; }
  /// "AS " where a subquery's name needs or takes it.
  std::string_view table_as() const { return kind_ == EngineKind::kOther ? "" : "AS "; }
  /// What ends a query so that at most so many rows come.
  std::string Limit(int64_t rows) const;

 private:
  arrow::Result<std::string> MomentLiteral(const arrow::TimestampType& type,
                                           std::string_view source_type,
                                           std::string_view value) const;

  EngineKind kind_;
  char open_ = '"';
  char close_ = '"';
};

}  // namespace keelboat::metabase
