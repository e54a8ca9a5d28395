#include "app/cursor_candidate.h"

#include <arrow/type.h>
#include <gtest/gtest.h>

namespace keelboat {
namespace {

std::string Names(const Relation& relation) {
  std::string names;
  for (const CursorCandidate& candidate : CursorCandidates(relation)) {
    names += candidate.column + (candidate.follows_updates ? "! " : " ");
  }
  return names;
}

TEST(CursorCandidate, WantsIndexedTimesAndNumberKeys) {
  const auto time = arrow::timestamp(arrow::TimeUnit::MICRO);
  Relation relation;
  relation.schema = arrow::schema({arrow::field("id", arrow::uint64(), false),
                                   arrow::field("created_at", time, false),
                                   arrow::field("updated_at", time, false),
                                   arrow::field("deleted_at", time, true),
                                   arrow::field("born", arrow::date32(), false),
                                   arrow::field("price", arrow::int32(), false),
                                   arrow::field("name", arrow::utf8(), false)});
  EXPECT_EQ(Names(relation), "");
  relation.primary_key = {"id"};
  EXPECT_EQ(Names(relation), "id ");
  relation.indexes = {{"a", {"created_at"}, false}, {"b", {"updated_at", "id"}, false},
                      {"c", {"deleted_at"}, false}, {"d", {"id", "born"}, false},
                      {"e", {"price"}, false},      {"f", {"name"}, true}};
  EXPECT_EQ(Names(relation), "updated_at! id created_at ");
  relation.indexes.push_back({"g", {"born"}, false});
  EXPECT_EQ(Names(relation), "updated_at! id created_at born ");
  relation.primary_key = {"id", "born"};
  EXPECT_EQ(Names(relation), "updated_at! created_at born ");
}

TEST(CursorCandidate, DateThatSaysUpdatedIsTooCoarse) {
  Relation relation;
  relation.schema = arrow::schema({arrow::field("updated_on", arrow::date32(), false)});
  relation.indexes = {{"a", {"updated_on"}, false}};
  EXPECT_EQ(Names(relation), "updated_on ");
}

}  // namespace
}  // namespace keelboat
