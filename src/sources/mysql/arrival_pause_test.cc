#include "sources/mysql/arrival_pause.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

namespace keelboat::mysql {
namespace {

// A server that sends so much while the reader sleeps.
class Sender : public ArrivalPause {
 public:
  Sender(std::size_t waiting, std::size_t sends)
      : ArrivalPause(-1), waiting_(waiting), sends_(sends) {}

  int SleepsIn(int steps) {
    const int before = sleeps_;
    for (int i = 0; i < steps; ++i) Took(kStep);
    return sleeps_ - before;
  }
  void set_sends(std::size_t sends) { sends_ = sends; }
  std::size_t waiting() const { return waiting_; }
  int sleeps() const { return sleeps_; }

  using ArrivalPause::kStep;

 protected:
  std::size_t Waiting() const override { return waiting_; }
  void Sleep() const override {
    ++sleeps_;
    waiting_ += sends_;
  }

 private:
  mutable std::size_t waiting_;
  std::size_t sends_;
  mutable int sleeps_ = 0;
};

class FromSocket : public ArrivalPause {
 public:
  using ArrivalPause::ArrivalPause;
  using ArrivalPause::Waiting;
};

TEST(ArrivalPause, LooksOnlyEveryStep) {
  Sender sender(0, 0);
  for (std::size_t i = 1; i < Sender::kStep; ++i) sender.Took(1);
  EXPECT_EQ(sender.sleeps(), 0);
  sender.Took(1);
  EXPECT_EQ(sender.sleeps(), 1);
}

TEST(ArrivalPause, DoesNotSleepWhereEnoughIsWaiting) {
  Sender sender(Sender::kStep, Sender::kStep);
  EXPECT_EQ(sender.SleepsIn(100), 0);
}

TEST(ArrivalPause, SleepsUntilEnoughIsWaiting) {
  Sender sender(0, Sender::kStep / 2);
  EXPECT_EQ(sender.SleepsIn(100), 2);
  EXPECT_EQ(sender.waiting(), Sender::kStep);
}

TEST(ArrivalPause, SleepsSeldomInVain) {
  Sender sender(0, 0);
  EXPECT_EQ(sender.SleepsIn(2), 1) << "a step is passed after a vain sleep";
  EXPECT_LE(sender.SleepsIn(1'000), 25) << "and more after each";
  // The server sends again: after what is left of the penalty the reader sleeps again.
  sender.set_sends(Sender::kStep / 4);
  EXPECT_EQ(sender.SleepsIn(1'000), 4);
}

TEST(ArrivalPause, TellsWhatWaitsInASocket) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  FromSocket pause(ends[0]);
  EXPECT_EQ(pause.Waiting(), 0);
  const std::string sent(5'000, 'x');
  ASSERT_EQ(write(ends[1], sent.data(), sent.size()), 5'000);
  EXPECT_EQ(pause.Waiting(), 5'000);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(FromSocket(-1).Waiting(), 0);
}

}  // namespace
}  // namespace keelboat::mysql
