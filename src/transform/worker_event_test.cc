#include "transform/worker_event.h"

#include <gtest/gtest.h>

namespace keelboat::transform {
namespace {

using Kind = WorkerEvent::Kind;

TEST(WorkerEvent, ReadsAFinishedNode) {
  auto event = ParseWorkerEvent(
      R"({"event": "node_finished", "id": "test.p.a", "name": "a", "type": "test",)"
      R"( "status": "fail", "message": "Got 3 results", "failures": 3, "seconds": 0.25,)"
      R"( "path": "a.sql"})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind, Kind::kNodeFinished);
  EXPECT_EQ(event->id, "test.p.a");
  EXPECT_EQ(event->type, "test");
  EXPECT_EQ(event->status, "fail");
  EXPECT_EQ(event->text, "Got 3 results");
  EXPECT_EQ(event->failures, 3);
  EXPECT_DOUBLE_EQ(event->seconds, 0.25);
}

TEST(WorkerEvent, ReadsTheEndOfACommand) {
  auto event = ParseWorkerEvent(
      R"({"event":"done","success":false,"error":"bad ref","classes":["CompilationError"]})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind, Kind::kDone);
  EXPECT_FALSE(event->success);
  EXPECT_EQ(event->text, "bad ref");
  EXPECT_EQ(event->classes, std::vector<std::string>{"CompilationError"});
}

TEST(WorkerEvent, KeepsUnicodeWhole) {
  auto event =
      ParseWorkerEvent(R"({"event":"line","level":"info","text":"S\u00e3o 🚢"})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->text, "São 🚢");
}

TEST(WorkerEvent, RefusesWhatIsNotItsOwn) {
  for (const char* line :
       {"", "resource_tracker: There appear to be 1 leaked", "[1, 2]", "{\"event\": 3}",
        "{\"event\": \"other\"}", "{\"event\": \"line\"", "null"}) {
    EXPECT_FALSE(ParseWorkerEvent(line).has_value()) << line;
  }
}

TEST(WorkerEvent, SurvivesWrongTypes) {
  auto event = ParseWorkerEvent(
      R"({"event":"node_finished","id":7,"failures":"many","seconds":null,"classes":[1]})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->id, "");
  EXPECT_EQ(event->failures, 0);
  EXPECT_TRUE(event->classes.empty());
}

}  // namespace
}  // namespace keelboat::transform
