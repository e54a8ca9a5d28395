#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "sources/mysql/mysql_options.h"

namespace keelboat::mysql {

/// A line of the tables marked "cases" in TYPES.md: a column's type, a value, and what
/// has to be read of it.
struct TypeCase {
  int line = 0;
  std::string section;
  std::string declared;
  std::string inserted;
  std::string arrow_type;
  std::string expected;  ///< As written, with its "hex: " or "error: ".

  /// What the section is about.
  MysqlZeroDates zero_dates() const;
  /// The first value of an array, as it has to be written in `expected`.
  std::string TextOf(const arrow::Array& array) const;
};

/// For GoogleTest.
void PrintTo(const TypeCase& value, std::ostream* out);

/// All of them; a line of another form becomes a case that cannot be met.
std::vector<TypeCase> ReadTypeCases();

}  // namespace keelboat::mysql
