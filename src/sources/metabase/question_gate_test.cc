#include "sources/metabase/question_gate.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

using namespace std::chrono_literals;

TEST(QuestionGateTest, LetsNoMoreThanItsLimitRun) {
  auto gate = std::make_shared<QuestionGate>(3);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        const auto place = *gate->Enter({});
        const int now = ++running;
        int seen = most;
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        // Until as many run as may, and a little longer, in case that more do.
        for (int i = 0; i < 10'000 && most < 3; ++i) std::this_thread::sleep_for(1ms);
        std::this_thread::sleep_for(5ms);
        --running;
      });
    }
  }
  EXPECT_EQ(most, 3);
  EXPECT_EQ(gate->running(), 0);
}

TEST(QuestionGateTest, HalvesOnceForAllThatRanAndGrowsSlowly) {
  auto gate = std::make_shared<QuestionGate>(8);
  for (int i = 0; i < 8; ++i) gate->HearOverload();
  EXPECT_EQ(gate->limit(), 4);
  for (int i = 0; i < 3; ++i) gate->HearSuccess();
  EXPECT_EQ(gate->limit(), 4);
  gate->HearSuccess();
  EXPECT_EQ(gate->limit(), 5);
  for (int i = 0; i < 1000; ++i) gate->HearSuccess();
  EXPECT_EQ(gate->limit(), 8);
}

TEST(QuestionGateTest, IsWidenedForMoreReadersButNotWhileTheServerIsOverloaded) {
  auto gate = std::make_shared<QuestionGate>(4);
  gate->Widen(6);
  EXPECT_EQ(gate->limit(), 6);
  gate->Widen(2);
  EXPECT_EQ(gate->limit(), 6);
  gate->HearOverload();
  gate->Widen(8);
  EXPECT_EQ(gate->limit(), 3);
  for (int i = 0; i < 100; ++i) gate->HearSuccess();
  EXPECT_EQ(gate->limit(), 8);
}

TEST(QuestionGateTest, AStopRequestEndsTheWait) {
  auto gate = std::make_shared<QuestionGate>(1);
  const auto place = *gate->Enter({});
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(30ms);
    source.request_stop();
  });
  EXPECT_EQ(KindOf(gate->Enter(source.get_token()).status()), ErrorKind::kCancelled);
  EXPECT_EQ(gate->running(), 1);
}

TEST(QuestionGateTest, WhoeverWaitsForAPlaceThatIsNeverGivenBackGoesOn) {
  auto gate = std::make_shared<QuestionGate>(1, 30ms);
  const auto held = *gate->Enter({});
  EXPECT_TRUE(gate->Enter({}).ok());
}

TEST(QuestionGateTest, APlaceIsGivenBackOnce) {
  auto gate = std::make_shared<QuestionGate>(2);
  auto place = *gate->Enter({});
  QuestionGate::Place moved = std::move(place);
  moved.GiveBack();
  moved.GiveBack();
  EXPECT_EQ(gate->running(), 0);
  moved = *gate->Enter({});
  moved = *gate->Enter({});
  EXPECT_EQ(gate->running(), 1);
}

}  // namespace
}  // namespace keelboat::metabase
