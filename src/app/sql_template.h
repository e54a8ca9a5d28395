#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

namespace keelboat {

/// The literal of a parameter; nullopt: it has no value.
using LiteralOf =
    std::function<arrow::Result<std::optional<std::string>>(const std::string& name)>;

/// \brief SQL with {{name}} for parameters and [[ … ]] around what goes without them.
///
/// Quotes and comments of SQL are known: a parameter inside of one is kConfig, as no
/// literal can stand there. Double brackets without a parameter inside are SQL's own.
/// Immutable.
class SqlTemplate {
 public:
  /// kConfig, with the line, for braces and brackets that do not end.
  static arrow::Result<SqlTemplate> Parse(const std::string& sql);

  /// Names of the parameters, in order, each once.
  std::vector<std::string> Parameters() const;
  /// Names of those that stand outside of [[ … ]]: SQL makes no sense without them.
  std::vector<std::string> Needed() const;
  /// The SQL with literals; what is in [[ … ]] goes when one of its parameters has none.
  arrow::Result<std::string> Fill(const LiteralOf& literal) const;

 private:
  struct Part {
    std::string text;  // SQL as it is, or the parameter's name.
    bool parameter = false;
    int clause = -1;  // Number of the [[ … ]] that it stands in; -1: none.
  };
  std::vector<Part> parts_;
};

}  // namespace keelboat
