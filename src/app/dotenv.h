#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

namespace keelboat {

/// What a .env file defines.
struct Dotenv {
  std::map<std::string, std::string> variables;
  std::vector<std::string> warnings;  ///< Without values.
};

/// \brief Parses `NAME=value` lines.
///
/// `export ` in front, comments and blank lines are fine. 'single quotes' are taken as
/// they are, in "double quotes" \n \r \t \" \\ and \$ are escapes, and bare values end at
/// " #". A later line wins over an earlier one of the same name, with a warning. kConfig
/// names `file_name` and the line, never a value: values of several lines, `${…}` outside
/// single quotes (nothing is expanded here) and names that no shell would take are
/// refused.
arrow::Result<Dotenv> ParseDotenv(std::string_view text, const std::string& file_name);

/// Whether a variable of this name most likely holds a secret: MYSQL_PASSWORD, API_KEY …
bool IsSecretName(std::string_view name);

/// Whether a shell would take it: letters, digits and underscores, no digit first.
bool IsVariableName(std::string_view name);

}  // namespace keelboat
