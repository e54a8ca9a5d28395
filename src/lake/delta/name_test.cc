#include "lake/delta/name.h"

#include <set>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::delta {
namespace {

TEST(NameTest, FoldersHoldOnlyWhatEveryReaderTakesAsItIs) {
  const std::pair<const char*, const char*> cases[] = {
      {"orders", "orders"},
      {"order_items-2.bak", "order_items-2.bak"},
      {"order items", "order_x20_items"},
      {".hidden", "_x2E_hidden"},
      {"..", "_x2E_."},
      {"a/b", "a_x2F_b"},
      {"s\xC3\xA3o", "s_xC3A3_o"},
      {"a=b", "a_x3D_b"},
      {"_x41_", "_x5F_x41_"},
      {"_x", "_x"},
      {"a_xylophone", "a_xylophone"},
      {"100% ", "100_x2520_"},
  };
  for (const auto& [name, folder] : cases) {
    EXPECT_EQ(FolderOfTable(name), folder);
    EXPECT_EQ(TableOfFolder(folder), name);
  }
}

TEST(NameTest, EveryNameComesBack) {
  std::set<std::string> folders;
  const std::string alphabet = "_x4A /\xC3.";
  for (std::size_t a = 0; a < alphabet.size(); ++a) {
    for (std::size_t b = 0; b < alphabet.size(); ++b) {
      for (std::size_t c = 0; c < alphabet.size(); ++c) {
        for (std::size_t d = 0; d < alphabet.size(); ++d) {
          const std::string name = {alphabet[a], alphabet[b], alphabet[c], alphabet[d],
                                    '_'};
          const std::string folder = FolderOfTable(name);
          EXPECT_EQ(TableOfFolder(folder), name);
          EXPECT_TRUE(folders.insert(folder).second) << folder;
        }
      }
    }
  }
}

TEST(NameTest, PathsAreEncodedForTheLog) {
  EXPECT_EQ(EncodePath("a b/c%.parquet"), "a%20b/c%25.parquet");
  EXPECT_EQ(DecodePath("a%20b/c%25.parquet").ValueOrDie(), "a b/c%.parquet");
  EXPECT_EQ(DecodePath("p=a%2520b/f").ValueOrDie(), "p=a%20b/f");
  for (const char* broken : {"%", "%4", "a%zz"}) {
    EXPECT_EQ(KindOf(DecodePath(broken).status()), ErrorKind::kData) << broken;
  }
}

TEST(NameTest, DataFilesTellTheirRunAndNeverCollide) {
  std::set<std::string> names;
  for (int i = 0; i < 100; ++i) names.insert(NewDataFileName(3, "run/7 a", 12));
  EXPECT_EQ(names.size(), 100u);
  EXPECT_THAT(*names.begin(), testing::StartsWith("part-00003-run-7-a-0012-"));
  EXPECT_THAT(*names.begin(), testing::EndsWith(".zstd.parquet"));
}

TEST(NameTest, UuidsAreVersionFour) {
  EXPECT_THAT(NewUuid(), testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                                               "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_NE(NewUuid(), NewUuid());
}

}  // namespace
}  // namespace keelboat::delta
