#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "sources/metabase/api.h"
#include "sources/metabase/column_type.h"
#include "sources/metabase/dialect.h"
#include "sources/metabase/export_decoder.h"
#include "sources/metabase/statement.h"
#include "sources/source.h"

namespace keelboat::metabase {

/// Key of the schema's metadata that DescribeAnswer adds, so that a relation alone says
/// how it is read: AskedAs as JSON.
inline constexpr const char* kQuestionKey = "metabase.question";

/// How DescribeAnswer found that a question can be asked; travels as kQuestionKey.
struct AskedAs {
  Question question;
  bool wrapped = true;                ///< It can stand in parentheses after FROM.
  bool by_position = false;           ///< Its columns need new names there.
  std::vector<std::string> warnings;  ///< Of the description, for the first piece.
  /// What the server and the database say of each field, by the field's name.
  std::map<std::string, AnswerColumn> columns;

  std::string ToJson() const;
  static arrow::Result<AskedAs> FromJson(const std::string& text);
};

/// \brief A relation of Metabase as SQL: pieces, counts and ends of it. A value.
class AskedQuery {
 public:
  struct Column {
    std::shared_ptr<arrow::Field> field;  ///< As the relation has it.
    AnswerColumn answer;
    ColumnType type;
  };

  /// Takes a relation that DescribeAnswer made, also with columns turned to utf8.
  static arrow::Result<AskedQuery> Make(const std::string& engine,
                                        const Relation& relation);

  const Dialect& dialect() const { return dialect_; }
  const StatementShape& shape() const { return shape_; }
  const AskedAs& asked() const { return asked_; }
  const std::vector<Column>& columns() const { return columns_; }
  /// kNotFound with the nearest names.
  arrow::Result<const Column*> Find(const std::string& name) const;

  /// Whether every row can be asked for by a condition: no limit, nothing volatile.
  bool CanBeCut() const;
  /// Why not.
  std::string WhyWhole() const;
  /// Whether the rows can be counted by a query about the query.
  bool CanBeCounted() const;
  /// The first column of the order that rows must come in, where ranges of it keep it.
  const Column* OrderColumn() const;
  /// Whether rows come in the query's order, asked for around it.
  bool KeepsOrder() const { return !shape_.ordered || !OrderBy().empty(); }
  /// Whether pieces come from the highest value, and with those without a value first.
  bool descending() const { return !shape_.order.empty() && shape_.order[0].descending; }
  bool nulls_first() const;

  /// A column's own value, for conditions.
  std::string ValueOf(const Column& column) const;
  /// The SQL of a predicate, in parentheses. kUnsupported where the dialect cannot.
  arrow::Result<std::string> Condition(const Predicate& predicate) const;
  arrow::Result<std::string> Conditions(const std::vector<Predicate>& predicates,
                                        const std::string& where) const;

  /// A question about the rows: "SELECT <list> FROM (…) WHERE <conditions>".
  Question About(const std::string& list, const std::string& conditions) const;

  /// What an export brings, and in which columns.
  struct Rows {
    Question question;
    std::vector<ExportColumn> columns;  ///< All that come.
    std::vector<int> wanted;            ///< Of those, in the order asked for.
  };
  /// \brief The rows of a partition, in the query's order where it has one.
  ///
  /// kUnsupported for a part of an answer that comes whole or not at all.
  arrow::Result<Rows> RowsOf(const Partition& partition,
                             const std::vector<Predicate>& predicates) const;

 private:
  AskedQuery(AskedAs asked, StatementShape shape, Dialect dialect)
      : asked_(std::move(asked)), shape_(std::move(shape)), dialect_(dialect) {}
  arrow::Result<std::string> RangeText(const Predicate& predicate) const;
  arrow::Result<std::string> TupleCompare(const std::vector<std::string>& columns,
                                          const std::vector<std::string>& values,
                                          bool below) const;
  std::string From() const;
  std::string OrderBy() const;
  const Column* OrderedBy(const OrderItem& item) const;

  AskedAs asked_;
  StatementShape shape_;
  Dialect dialect_;
  std::vector<Column> columns_;
  std::string prefix_ = "c";  // Of the export's keys.
};

}  // namespace keelboat::metabase
