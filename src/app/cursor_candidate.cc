#include "app/cursor_candidate.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <arrow/type.h>
#include <arrow/type_traits.h>

namespace keelboat {
namespace {

bool LeadsAnIndex(const Relation& relation, const std::string& column) {
  if (!relation.primary_key.empty() && relation.primary_key.front() == column)
    return true;
  return std::any_of(relation.indexes.begin(), relation.indexes.end(),
                     [&](const Index& index) {
                       return !index.columns.empty() && index.columns.front() == column;
                     });
}

bool NameSaysUpdated(std::string_view name) {
  std::string lower;
  for (unsigned char c : name) lower += static_cast<char>(std::tolower(c));
  for (const char* word : {"updat", "modif", "changed", "last_edit", "mtime"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::vector<CursorCandidate> CursorCandidates(const Relation& relation) {
  std::vector<CursorCandidate> candidates;
  for (const auto& field : relation.schema->fields()) {
    if (field->nullable() || !LeadsAnIndex(relation, field->name())) continue;
    const bool is_time = field->type()->id() == arrow::Type::TIMESTAMP;
    const bool is_date = field->type()->id() == arrow::Type::DATE32;
    const bool is_number_key = arrow::is_integer(field->type()->id()) &&
                               relation.primary_key.size() == 1 &&
                               relation.primary_key.front() == field->name();
    if (is_time || is_date) {
      candidates.push_back({field->name(),
                            is_time ? "indexed date and time" : "indexed date",
                            is_time && NameSaysUpdated(field->name())});
    } else if (is_number_key) {
      candidates.push_back({field->name(), "number key", false});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const CursorCandidate& left, const CursorCandidate& right) {
                     return left.follows_updates && !right.follows_updates;
                   });
  return candidates;
}

}  // namespace keelboat
