#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

namespace keelboat {

/// What a parameter of a query may hold.
enum class ParameterType {
  kText,
  kInteger,   ///< "-42".
  kNumber,    ///< "1.50", "1e6".
  kBoolean,   ///< "true" or "false".
  kDate,      ///< "2024-01-31".
  kDatetime,  ///< "2024-01-31 10:00:00.5", UTC.
};

/// Returns "text", "integer", "number", "boolean", "date" or "datetime".
std::string_view ParameterTypeName(ParameterType type);

/// A parameter that a query declares. A value.
struct QueryParameter {
  std::string name;
  ParameterType type = ParameterType::kText;
  std::optional<std::string> default_value;
  /// May be left out without a default: then the [[ … ]] around it is left out too.
  bool optional = false;
  std::string description;
};

/// A query by its name. A value.
struct NamedQuery {
  std::string name;
  std::string description;
  std::string database;      ///< Where its tables are; empty: the source's own.
  std::string partition_on;  ///< FetchOptions::partition_on; may be empty.
  std::vector<QueryParameter> parameters;
  std::string sql;   ///< Without the front matter; parameters are {{name}}.
  std::string file;  ///< Where it was read from; empty: it came with keelboat.
};

/// A parameter's value and what it is. A value.
struct ParameterValue {
  ParameterType type = ParameterType::kText;
  std::string text;
};

/// \brief Finds a query: `<folder>/<name>.sql` in the first folder that has it, else
/// among the samples that came with keelboat.
///
/// Reads files. kNotFound with the nearest names; kConfig, with file and line, for front
/// matter that makes no sense and placeholders that it does not declare.
arrow::Result<NamedQuery> FindQuery(const std::string& name,
                                    const std::vector<std::string>& folders);

/// \brief All queries that FindQuery would find, sorted by name.
arrow::Result<std::vector<NamedQuery>> ListQueries(
    const std::vector<std::string>& folders);

/// \brief The query's SQL with values in the places of its parameters.
///
/// Values become literals of their type in the SQL of `dialect` ("mysql", "clickhouse",
/// "postgres", …; Source::Dialect); no value can end its literal, whatever is in it.
/// Defaults fill what `values` leaves out. kConfig for a parameter that is missing, not
/// known (with the nearest names) or not of its type.
arrow::Result<std::string> BindQuery(const NamedQuery& query,
                                     const std::map<std::string, std::string>& values,
                                     const std::string& dialect);

/// The same for SQL that declares nothing: each value brings its type.
arrow::Result<std::string> BindSql(const std::string& sql,
                                   const std::map<std::string, ParameterValue>& values,
                                   const std::string& dialect);

}  // namespace keelboat
