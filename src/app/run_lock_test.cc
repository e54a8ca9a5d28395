#include "app/run_lock.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

class RunLockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "keelboat-lock-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  arrow::Result<RunLock> Take(const std::string& run_id = "r1") {
    return RunLock::Acquire(folder_, {run_id, "run orders", "2026-11-21T02:00:00Z"});
  }

  fs::path folder_;
};

TEST_F(RunLockTest, IsFreeAgainAfterwards) {
  {
    ASSERT_TRUE(Take().ok());
  }
  ASSERT_TRUE(Take().ok());
}

TEST_F(RunLockTest, MovesWithItsOwner) {
  auto taken = Take();
  ASSERT_TRUE(taken.ok());
  RunLock lock = std::move(*taken);
  EXPECT_FALSE(Take().ok());
  RunLock other = std::move(lock);
  EXPECT_FALSE(Take().ok());
}

TEST_F(RunLockTest, SecondTakerLearnsWhoHoldsIt) {
  const auto first = Take("r1");
  ASSERT_TRUE(first.ok());
  const auto second = Take("r2");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(ExitCodeOf(KindOf(second.status())), 3);
  EXPECT_EQ(DetailOf(second.status(), "pid"), std::to_string(::getpid()));
  EXPECT_EQ(DetailOf(second.status(), "run_id"), "r1");
  const std::string message = second.status().message();
  for (const char* part : {"keelboat run orders", "2026-11-21T02:00:00Z", "r1"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  // Losing must not empty what the holder wrote.
  EXPECT_EQ(DetailOf(Take("r3").status(), "run_id"), "r1");
}

TEST_F(RunLockTest, HolderThatIsKilledLetsGo) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = Take("child");
    const char state = lock.ok() ? 'y' : 'n';
    [[maybe_unused]] const ssize_t written = ::write(ready[1], &state, 1);
    for (;;) ::pause();
  }
  char state = 0;
  ASSERT_EQ(::read(ready[0], &state, 1), 1);
  EXPECT_EQ(state, 'y');
  const auto held = Take();
  EXPECT_EQ(DetailOf(held.status(), "pid"), std::to_string(child));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(Take().ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(RunLockTest, GarbageInTheFileDoesNoHarm) {
  fs::create_directories(folder_ / ".keelboat");
  std::ofstream(folder_ / ".keelboat" / "lock") << "{\"pid\": [";
  const auto first = Take("bad \xFF bytes");
  ASSERT_TRUE(first.ok()) << first.status().message();
  std::ofstream(folder_ / ".keelboat" / "lock", std::ios::trunc) << "not json";
  const auto second = Take();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(KindOf(second.status()), ErrorKind::kUnavailable);
}

TEST_F(RunLockTest, FolderThatCannotBeWritten) {
  // A file where the folder should be stops root too, other than permissions.
  std::ofstream(folder_ / ".keelboat") << "x";
  const auto lock = Take();
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(KindOf(lock.status()), ErrorKind::kConfig);
  EXPECT_NE(lock.status().message().find("cannot write"), std::string::npos);

  fs::remove(folder_ / ".keelboat");
  fs::create_directories(folder_ / ".keelboat" / "lock");
  EXPECT_EQ(KindOf(Take().status()), ErrorKind::kConfig);
}

}  // namespace
}  // namespace keelboat
