#include "transform/child_process.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "transform/descriptor.h"

namespace keelboat::transform {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ChildOptions Shell(const std::string& script) {
  ChildOptions options;
  options.arguments = {"/bin/sh", "-c", script};
  return options;
}

std::string ReadAll(const Descriptor& descriptor) {
  std::string text;
  char buffer[256];
  ssize_t got = 0;
  while ((got = read(descriptor.number(), buffer, sizeof(buffer))) > 0) {
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

TEST(ChildProcess, GivesTheExitCode) {
  auto child = ChildProcess::Start(Shell("exit 7")).ValueOrDie();
  EXPECT_EQ(child->WaitFor(seconds(60)), 7);
  EXPECT_EQ(child->WaitFor(seconds(0)), 7);
}

TEST(ChildProcess, GivesTheSignalThatKilledIt) {
  auto child = ChildProcess::Start(Shell("exec sleep 100")).ValueOrDie();
  EXPECT_EQ(child->WaitFor(milliseconds(20)), std::nullopt);
  child->Signal(SIGTERM);
  EXPECT_EQ(child->WaitFor(seconds(60)), 128 + SIGTERM);
}

TEST(ChildProcess, PlacesDescriptorsAndEnvironment) {
  Pipe out = MakePipe().ValueOrDie();
  Pipe events = MakePipe().ValueOrDie();
  ChildOptions options = Shell("printf %s \"$GREETING\" >&3; pwd");
  options.environment = {{"GREETING", "olá"}};
  options.working_dir = "/";
  options.descriptors = {-1, out.write_end.number(), -1, events.write_end.number()};
  auto child = ChildProcess::Start(options).ValueOrDie();
  out.write_end.Close();
  events.write_end.Close();
  EXPECT_EQ(ReadAll(events.read_end), "olá");
  EXPECT_EQ(ReadAll(out.read_end), "/\n");
  EXPECT_EQ(child->WaitFor(seconds(60)), 0);
}

TEST(ChildProcess, SwapsDescriptorsThatStandInEachOthersPlace) {
  Pipe one = MakePipe().ValueOrDie();
  Pipe two = MakePipe().ValueOrDie();
  // Wanted places that are the numbers of the other pipes' ends.
  ChildOptions options = Shell("printf 1 >&$ONE; printf 2 >&$TWO");
  const int first = one.write_end.number();
  const int second = two.write_end.number();
  ASSERT_LT(second, 10) << "the shell takes one digit";
  options.environment = {{"ONE", std::to_string(second)}, {"TWO", std::to_string(first)}};
  options.descriptors.assign(static_cast<size_t>(std::max(first, second)) + 1, -1);
  options.descriptors[first] = second;
  options.descriptors[second] = first;
  auto child = ChildProcess::Start(options).ValueOrDie();
  one.write_end.Close();
  two.write_end.Close();
  EXPECT_EQ(ReadAll(one.read_end), "1");
  EXPECT_EQ(ReadAll(two.read_end), "2");
  EXPECT_EQ(child->WaitFor(seconds(60)), 0);
}

TEST(ChildProcess, ResetsAnIgnoredInterrupt) {
  struct sigaction before{};
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGINT, &ignore, &before);
  auto child = ChildProcess::Start(Shell("kill -INT $$; exit 5")).ValueOrDie();
  sigaction(SIGINT, &before, nullptr);
  EXPECT_EQ(child->WaitFor(seconds(60)), 128 + SIGINT);
}

TEST(ChildProcess, LeavesTheGroupWhenAsked) {
  ChildOptions options = Shell("exec sleep 100");
  options.own_group = true;
  auto child = ChildProcess::Start(options).ValueOrDie();
  EXPECT_EQ(getpgid(child->pid()), child->pid());
}

TEST(ChildProcess, NamesAProgramThatIsNotThere) {
  ChildOptions options;
  options.arguments = {"/no/such/python"};
  auto child = ChildProcess::Start(options);
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(KindOf(child.status()), ErrorKind::kNotFound);
  EXPECT_EQ(child.status().message(),
            "starting /no/such/python: No such file or directory");
}

TEST(ChildProcess, KillsWhatStillRuns) {
  pid_t pid = 0;
  {
    auto child =
        ChildProcess::Start(Shell("trap '' TERM INT; exec sleep 100")).ValueOrDie();
    pid = child->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

}  // namespace
}  // namespace keelboat::transform
