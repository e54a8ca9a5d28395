#include "lake/delta/table.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/delta/delta_lake.h"
#include "support/lake_fixture.h"

namespace keelboat::delta {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TableTest : public LakeFixture {};

TEST_F(TableTest, ATableThatIsNotThereHasNoSnapshot) {
  ASSERT_OK_AND_ASSIGN(auto latest, table().Latest());
  EXPECT_FALSE(latest.has_value());
  EXPECT_EQ(KindOf(table().At(0).status()), ErrorKind::kNotFound);
}

TEST_F(TableTest, AFullLoadIsReadBack) {
  ASSERT_OK_AND_ASSIGN(auto written, CommitRows(std::nullopt, 0, 1000));
  EXPECT_EQ(written.version, 0);
  ASSERT_OK_AND_ASSIGN(auto latest, table().Latest());
  ASSERT_TRUE(latest.has_value());
  EXPECT_EQ(latest->version, 0);
  EXPECT_EQ(latest->rows, 1000);
  ASSERT_THAT(latest->files, SizeIs(1));
  EXPECT_EQ(latest->files[0].rows, 1000);
  EXPECT_THAT(latest->files[0].checksum, HasSubstr("sha256:"));
  EXPECT_EQ(latest->bytes,
            static_cast<int64_t>(std::filesystem::file_size(latest->files[0].uri)));
  EXPECT_EQ(written.files[0].path, latest->files[0].path);
}

}  // namespace
}  // namespace keelboat::delta
