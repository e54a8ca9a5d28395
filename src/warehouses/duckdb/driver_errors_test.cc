#include "warehouses/duckdb/driver_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::duckdb {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

arrow::Status Map(const std::string& message) {
  return MapDriverError("/data/w.duckdb", {9, message, ""});
}

TEST(DriverErrorsTest, NamesWhoHoldsTheLock) {
  arrow::Status status = Map(
      "IO Error: Could not set lock on file \"/data/w.duckdb\": Conflicting lock is held "
      "in "
      "/usr/bin/python3.11 (PID 11869). See also https://duckdb.org/docs/concurrency");
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_EQ(DetailOf(status, "pid"), "11869");
  EXPECT_EQ(DetailOf(status, "program"), "/usr/bin/python3.11");
  EXPECT_THAT(status.message(), HasSubstr("'/data/w.duckdb' is locked"));
  EXPECT_THAT(status.message(), HasSubstr("(python3.11, pid 11869)"));
  status = Map("IO Error: Could not set lock on file \"/data/w.duckdb\": Resource busy");
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("locked by another process:"));
}

TEST(DriverErrorsTest, TellsTheRemedy) {
  arrow::Status status =
      Map("IO Error: Could not write file \"/data/w.duckdb\": No space left on device");
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_EQ(DetailOf(status, "errno"), "ENOSPC");
  EXPECT_THAT(status.message(), HasSubstr("free some"));
  status = Map("IO Error: No files found that match the pattern \"/lake/a.parquet\"");
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  EXPECT_EQ(DetailOf(status, "file"), "/lake/a.parquet");
  status =
      Map("IO Error: Trying to read a database file with version number 69, but we can "
          "only read versions between 64 and 68.\n\nSee the storage page");
  EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("version number 69"));
  EXPECT_THAT(status.message(), Not(HasSubstr("storage page")));
}

TEST(DriverErrorsTest, MarksWhatMoreMemoryWouldCure) {
  for (const char* message : {"Out of Memory Error: failed to allocate data of size "
                              "128.0 MiB\n\nPossible solutions",
                              "TransactionContext Error: Failed to commit: failed to pin "
                              "block of size 1.0 MiB"}) {
    arrow::Status status = Map(message);
    EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported);
    EXPECT_EQ(DetailOf(status, kMemoryExhausted), "yes");
  }
}

TEST(DriverErrorsTest, KeepsOurSqlOutOfMessages) {
  arrow::Status status =
      Map("Parser Error: syntax error at or near \"x\"\n\nLINE 1: SELECT x");
  EXPECT_EQ(KindOf(status), ErrorKind::kInternal);
  EXPECT_EQ(status.message(), "Parser Error: syntax error at or near \"x\"");
}

TEST(DriverErrorsTest, SortsTheRest) {
  EXPECT_EQ(KindOf(Map("INTERRUPT Error: Interrupted!")), ErrorKind::kCancelled);
  EXPECT_EQ(KindOf(Map("TransactionContext Error: Conflict on update!")),
            ErrorKind::kConflict);
  EXPECT_EQ(
      KindOf(Map("TransactionContext Error: Catalog write-write conflict on create")),
      ErrorKind::kConflict);
  EXPECT_EQ(KindOf(Map("Conversion Error: Could not convert")), ErrorKind::kData);
  EXPECT_EQ(KindOf(Map("Constraint Error: NOT NULL constraint failed")),
            ErrorKind::kData);
  EXPECT_EQ(KindOf(Map("IO Error: Cannot open file \"/x\": Permission denied")),
            ErrorKind::kDenied);
  EXPECT_EQ(KindOf(Map("IO Error: Cannot open file \"/x\": Read-only file system")),
            ErrorKind::kDenied);
  EXPECT_EQ(KindOf(Map("Catalog Error: Table with name x does not exist!")),
            ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(Map("IO Error: Could not read from file")), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace keelboat::duckdb
