#include "core/bounded_queue.h"

#include <thread>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(BoundedQueue, DrainsAfterClose) {
  BoundedQueue<int> queue(100);
  EXPECT_TRUE(queue.Push(1, 10, {}));
  EXPECT_TRUE(queue.Push(2, 10, {}));
  queue.Close();
  EXPECT_FALSE(queue.Push(3, 10, {}));
  EXPECT_EQ(queue.Pop({}), 1);
  EXPECT_EQ(queue.Pop({}), 2);
  EXPECT_EQ(queue.Pop({}), std::nullopt);
}

TEST(BoundedQueue, AnItemLargerThanTheCapacityPassesAlone) {
  BoundedQueue<int> queue(10);
  EXPECT_TRUE(queue.Push(1, 1000, {}));
  EXPECT_EQ(queue.Pop({}), 1);
}

TEST(BoundedQueue, HoldsTheProducerBackUntilThereIsRoom) {
  BoundedQueue<int> queue(10);
  ASSERT_TRUE(queue.Push(1, 10, {}));
  std::jthread producer([&] {
    queue.Push(2, 10, {});
    queue.Close();
  });
  EXPECT_EQ(queue.Pop({}), 1);
  EXPECT_EQ(queue.Pop({}), 2);
  EXPECT_EQ(queue.Pop({}), std::nullopt);
}

TEST(BoundedQueue, AStopRequestWakesBothSides) {
  BoundedQueue<int> queue(10);
  std::stop_source source;
  ASSERT_TRUE(queue.Push(1, 10, source.get_token()));
  std::jthread producer([&] { EXPECT_FALSE(queue.Push(2, 10, source.get_token())); });
  source.request_stop();
  producer.join();
  BoundedQueue<int> empty(10);
  EXPECT_EQ(empty.Pop(source.get_token()), std::nullopt);
}

}  // namespace
}  // namespace keelboat
