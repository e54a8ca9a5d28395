#include "warehouses/setup_statements.h"

namespace keelboat {

std::string Joined(const std::vector<std::string>& statements) {
  std::string text;
  for (const std::string& sql : statements) text += (text.empty() ? "" : ";\n") + sql;
  return text;
}

}  // namespace keelboat
