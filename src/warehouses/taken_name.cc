#include "warehouses/taken_name.h"

#include <arrow/type.h>

#include "keelboat/error.h"
#include "warehouses/sql_name.h"
#include "warehouses/warehouse.h"

namespace keelboat {
namespace {

std::string WouldBeOne(const std::string& first, const std::string& second,
                       const std::string& product) {
  return "'" + first + "' and '" + second +
         "' differ only in upper and lower case and would be one in " + product;
}

}  // namespace

arrow::Status CheckColumnNames(const arrow::Schema& schema, const std::string& product) {
  if (schema.num_fields() == 0) {
    return MakeError(ErrorKind::kInternal, "the table has no columns");
  }
  for (int i = 0; i < schema.num_fields(); ++i) {
    const std::string& name = schema.field(i)->name();
    for (const char* own : {kRunIdColumn, kLoadedAtColumn}) {
      if (!SameName(name, own)) continue;
      return MakeError(ErrorKind::kConfig,
                       "column '" + name + "' has the name of a column that keelboat " +
                           "adds itself: exclude it, or rename it at the source",
                       {{"column", name}});
    }
    for (int j = 0; j < i; ++j) {
      const std::string& other = schema.field(j)->name();
      if (!SameName(name, other)) continue;
      return MakeError(ErrorKind::kConfig,
                       "columns " + WouldBeOne(other, name, product) +
                           ": exclude one, or rename it at the source",
                       {{"column", name}});
    }
  }
  return arrow::Status::OK();
}

arrow::Status SameTable(const std::string& first, const std::string& second,
                        const std::string& product, const std::string& removal) {
  return MakeError(
      ErrorKind::kConfig,
      "the tables " + WouldBeOne(first, second, product) +
          ": load one of them; or, if the first is gone for good, run: " + removal);
}

arrow::Status NotOurs(const std::string& target, bool is_view) {
  return MakeError(
      ErrorKind::kConfig,
      std::string("the warehouse already has a ") + (is_view ? "view " : "table ") +
          target +
          " that keelboat did not make: drop or rename it, or give keelboat a schema of "
          "its own");
}

}  // namespace keelboat
