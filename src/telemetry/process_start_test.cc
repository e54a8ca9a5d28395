#include "telemetry/process_start.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace keelboat {
namespace {

TEST(ProcessStart, IsTheTwentySecondField) {
  const ProcessStat stat = ParseProcessStat(
      "712 (a (b) c) S 1 712 712 0 -1 4194560 2 3 4 5 6 7 8 9 20 0 1 0 8512345 99 1\n");
  EXPECT_EQ(stat.state, 'S');
  EXPECT_EQ(stat.start, 8512345);
  EXPECT_EQ(ParseProcessStat("").start, 0);
  EXPECT_EQ(ParseProcessStat("712 (a) S 1 2").start, 0);
}

TEST(ProcessStart, TellsAProcessFromALaterOneOfTheSameNumber) {
  const int64_t start = ProcessStart(getpid());
  ASSERT_GT(start, 0);
  EXPECT_FALSE(ProcessIsGone(getpid(), start));
  EXPECT_TRUE(ProcessIsGone(getpid(), start - 1));
  EXPECT_FALSE(ProcessIsGone(getpid(), 0));
}

TEST(ProcessStart, AProcessIsGoneBeforeItIsWaitedFor) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    pause();
    _exit(0);
  }
  const int64_t start = ProcessStart(child);
  EXPECT_FALSE(ProcessIsGone(child, start));
  kill(child, SIGKILL);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(ProcessIsGone(child, start));
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(ProcessIsGone(child, start));
}

}  // namespace
}  // namespace keelboat
