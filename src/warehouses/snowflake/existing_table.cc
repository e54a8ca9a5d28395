#include "warehouses/snowflake/existing_table.h"

#include <algorithm>

#include "warehouses/snowflake/sql_text.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

const Column* ExistingTable::Find(const std::string& column) const {
  for (const Column& candidate : columns) {
    if (candidate.name == column) return &candidate;
  }
  return nullptr;
}

bool ExistingTable::LooksOurs() const {
  return Find(UpperName(kRunIdColumn)) != nullptr &&
         Find(UpperName(kLoadedAtColumn)) != nullptr;
}

arrow::Result<std::optional<ExistingTable>> ReadExistingTable(Session& session,
                                                              const Place& place,
                                                              const std::string& table) {
  ARROW_ASSIGN_OR_RAISE(
      auto relations,
      session.Fetch("SELECT TABLE_TYPE, COMMENT FROM " + QuoteName(place.database) +
                    ".INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = " +
                    QuoteText(place.schema) + " AND TABLE_NAME = " + QuoteText(table)));
  if (relations.empty()) return std::nullopt;
  ExistingTable existing;
  existing.is_view = relations[0][0] != "BASE TABLE";
  existing.description = relations[0][1].value_or("");
  if (existing.is_view) return existing;
  ARROW_ASSIGN_OR_RAISE(auto columns,
                        session.Fetch("DESCRIBE TABLE " + place.Name(table)));
  for (const adbc::Row& row : columns) {
    Column column;
    column.name = row.at(0).value_or("");
    column.type = row.at(1).value_or("");
    if (row.size() > 9) column.comment = row[9].value_or("");
    existing.columns.push_back(std::move(column));
  }
  return existing;
}

ColumnChanges ChangesOf(const ExistingTable& existing,
                        const std::vector<Column>& wanted) {
  ColumnChanges changes;
  for (const Column& column : existing.columns) {
    if (std::any_of(wanted.begin(), wanted.end(),
                    [&](const Column& other) { return other.name == column.name; })) {
      continue;
    }
    changes.incompatible =
        "the lake does not have its column '" + column.name + "' any more";
  }
  for (const Column& column : wanted) {
    const Column* before = existing.Find(column.name);
    if (before == nullptr) {
      changes.added.push_back(column);
      continue;
    }
    switch (ChangeBetween(before->type, column.type)) {
      case TypeChange::kNone:
        break;
      case TypeChange::kWiden:
        changes.widened.push_back(column);
        break;
      case TypeChange::kIncompatible:
        changes.incompatible = "its column '" + column.name + "' is " + before->type +
                               " where the lake's needs " + column.type;
        break;
    }
  }
  return changes;
}

}  // namespace keelboat::snowflake
