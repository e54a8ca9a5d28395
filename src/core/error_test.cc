#include "keelboat/error.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(Error, KeepsKindDetailsAndMessage) {
  auto status = MakeError(ErrorKind::kAuth, "user 'a' may not log in", {{"host", "db1"}});
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_EQ(DetailOf(status, "host"), "db1");
  EXPECT_EQ(DetailOf(status, "port"), "");
  EXPECT_EQ(status.message(), "user 'a' may not log in");
}

TEST(Error, ContextKeepsKindAndDetails) {
  auto status = AddContext(MakeError(ErrorKind::kData, "zero date", {{"column", "day"}}),
                           "reading table t");
  EXPECT_EQ(status.message(), "reading table t: zero date");
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_EQ(DetailOf(status, "column"), "day");
  EXPECT_TRUE(AddContext(arrow::Status::OK(), "anything").ok());
}

TEST(Error, MapsArrowsOwnStatuses) {
  EXPECT_EQ(KindOf(arrow::Status::IOError("x")), ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(arrow::Status::Cancelled("x")), ErrorKind::kCancelled);
  EXPECT_EQ(KindOf(arrow::Status::Invalid("x")), ErrorKind::kInternal);
}

TEST(Error, ExitCodesFollowTheContract) {
  EXPECT_EQ(ExitCodeOf(ErrorKind::kConfig), 2);
  EXPECT_EQ(ExitCodeOf(ErrorKind::kUnavailable), 3);
  EXPECT_EQ(ExitCodeOf(ErrorKind::kAuth), 3);
  EXPECT_EQ(ExitCodeOf(ErrorKind::kContract), 4);
  EXPECT_EQ(ExitCodeOf(ErrorKind::kData), 1);
  EXPECT_EQ(ExitCodeOf(ErrorKind::kCancelled), 130);
}

TEST(Error, TheGravestExitCodeWins) {
  EXPECT_EQ(GraverExitCode(0, 1), 1);
  EXPECT_EQ(GraverExitCode(1, 4), 4);
  EXPECT_EQ(GraverExitCode(4, 3), 3);
  EXPECT_EQ(GraverExitCode(3, 2), 2);
  EXPECT_EQ(GraverExitCode(2, 130), 130);
}

}  // namespace
}  // namespace keelboat
