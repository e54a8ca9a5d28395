#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat::mysql {

/// What the values of a column are, as far as comparing them with literals goes.
enum class ValueKind : uint8_t {
  kInteger,  ///< Also bit and year.
  kDecimal,
  kFloat,  ///< Single precision.
  kDouble,
  kCalendar,  ///< date, datetime, timestamp.
  kTime,
  kText,   ///< In a collation.
  kLabel,  ///< uuid, inet4, inet6: text of one spelling.
  kEnum,
  kSet,
  kBytes,
  kOther,  ///< Cannot be compared: JSON documents, geometry, vectors.
};

/// \brief A column that predicates speak of. A value.
struct ComparedColumn {
  std::string name;
  std::string declared_type;  ///< "decimal(10,2) unsigned"
  ValueKind kind = ValueKind::kOther;
  bool nullable = true;
  /// Members of an enum or a set in the order of their numbers, from 1; empty where
  /// they are not known (a query's column).
  std::vector<std::string> members;

  /// What a field that the catalogue described is.
  static ComparedColumn Of(const arrow::Field& field);
};

/// Members of "enum('small','it''s')" or of such a set.
std::vector<std::string> MembersOf(std::string_view declared_type);

/// The number that the server stores for a value of an enum or a set of known members;
/// nullopt where it is none.
std::optional<uint64_t> MemberNumber(const ComparedColumn& column, std::string_view text);

/// \brief A literal that compares exactly with the column and lets it use its index.
///
/// `text` is in the form of `Predicate`. kConfig for text that is no value of the
/// column's type, kUnsupported for columns that cannot be compared.
arrow::Result<std::string> LiteralText(const ComparedColumn& column,
                                       std::string_view text);

/// "10:00:00" → "10:00:00.000000"; dates stay.
std::string WithSixDigits(std::string text);

/// Whether the server compares with this value as the column's type does: false for
/// dates that no calendar has, which columns may hold all the same.
bool IsSoundLiteral(const ComparedColumn& column, std::string_view text);

}  // namespace keelboat::mysql
