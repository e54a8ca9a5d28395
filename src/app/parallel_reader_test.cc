#include "app/parallel_reader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <stdexcept>
#include <utility>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/stop.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using testing::ElementsAreArray;
using testing::SizeIs;

constexpr int kBatches = 5;
constexpr int64_t kBatchBytes = 8;

std::shared_ptr<arrow::Schema> Numbers() {
  return arrow::schema({arrow::field("n", arrow::int64(), false)});
}

// Yields the numbers piece * 10, piece * 10 + 1, …, a batch each.
class NumberReader final : public SourceReader {
 public:
  NumberReader(std::size_t piece, int fail_at, std::stop_token stop)
      : piece_(piece), fail_at_(fail_at), stop_(std::move(stop)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return Numbers(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    if (next_ == fail_at_) return MakeError(ErrorKind::kUnavailable, "gone");
    if (next_ == kBatches) return arrow::Status::OK();
    arrow::Int64Builder builder;
    ARROW_RETURN_NOT_OK(builder.Append(static_cast<int64_t>(piece_) * 10 + next_++));
    ARROW_ASSIGN_OR_RAISE(auto array, builder.Finish());
    *batch = arrow::RecordBatch::Make(Numbers(), 1, {array});
    return arrow::Status::OK();
  }
  std::vector<std::string> Warnings() const override {
    return {"warning of piece " + std::to_string(piece_)};
  }

 private:
  const std::size_t piece_;
  const int fail_at_;
  const std::stop_token stop_;
  int next_ = 0;
};

class ParallelReaderTest : public testing::Test {
 protected:
  std::shared_ptr<ParallelReader> Read(std::size_t pieces, bool ordered, int connections,
                                       std::stop_token stop = {}) {
    ParallelReader::Settings settings;
    settings.schema = Numbers();
    settings.pieces = pieces;
    settings.ordered = ordered;
    settings.read_ahead_bytes = 2 * kBatchBytes * connections;
    settings.stop = std::move(stop);
    settings.info.connections = connections;
    return std::make_shared<ParallelReader>(
        std::move(settings),
        [this](std::size_t piece, const std::stop_token& inner)
            -> arrow::Result<std::shared_ptr<SourceReader>> {
          opened_.fetch_add(1);
          return std::make_shared<NumberReader>(piece, piece == failing_piece_ ? 2 : -1,
                                                inner);
        });
  }

  static arrow::Result<std::vector<int64_t>> Drain(ParallelReader& reader) {
    std::vector<int64_t> numbers;
    while (true) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
      if (batch == nullptr) return numbers;
      const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
      for (int64_t row = 0; row < column.length(); ++row) {
        numbers.push_back(column.Value(row));
      }
    }
  }

  static std::vector<int64_t> All(int64_t pieces) {
    std::vector<int64_t> numbers;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      for (int64_t i = 0; i < kBatches; ++i) numbers.push_back(piece * 10 + i);
    }
    return numbers;
  }

  std::atomic<int> opened_{0};
  std::size_t failing_piece_ = 1000;
};

TEST_F(ParallelReaderTest, OrderedPiecesComeOneAfterAnother) {
  for (int connections : {1, 3, 8}) {
    auto reader = Read(20, true, connections);
    EXPECT_THAT(Drain(*reader).ValueOrDie(), ElementsAreArray(All(20))) << connections;
    EXPECT_THAT(reader->Warnings(), SizeIs(20));
  }
}

TEST_F(ParallelReaderTest, UnorderedPiecesComeWhole) {
  for (int connections : {1, 3, 8}) {
    auto reader = Read(20, false, connections);
    auto numbers = Drain(*reader).ValueOrDie();
    std::sort(numbers.begin(), numbers.end());
    EXPECT_THAT(numbers, ElementsAreArray(All(20))) << connections;
    EXPECT_THAT(reader->Warnings(), SizeIs(20));
  }
}

TEST_F(ParallelReaderTest, AnErrorEndsTheStreamAndStays) {
  failing_piece_ = 7;
  for (bool ordered : {false, true}) {
    auto reader = Read(20, ordered, 3);
    auto numbers = Drain(*reader);
    ASSERT_FALSE(numbers.ok());
    EXPECT_EQ(KindOf(numbers.status()), ErrorKind::kUnavailable);
    std::shared_ptr<arrow::RecordBatch> batch;
    EXPECT_EQ(KindOf(reader->ReadNext(&batch)), ErrorKind::kUnavailable);
  }
}

TEST_F(ParallelReaderTest, AStopRequestIsNeverAnEnd) {
  for (bool ordered : {false, true}) {
    std::stop_source stop;
    auto reader = Read(20, ordered, 3, stop.get_token());
    std::shared_ptr<arrow::RecordBatch> batch;
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
    stop.request_stop();
    arrow::Status status = reader->ReadNext(&batch);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(KindOf(status), ErrorKind::kCancelled);
  }
}

TEST_F(ParallelReaderTest, WhoeverIsNotReadHoldsNoMoreThanItsShare) {
  auto reader = Read(200, true, 3);
  std::shared_ptr<arrow::RecordBatch> batch;
  ASSERT_TRUE(reader->ReadNext(&batch).ok());
  // However long it takes: a fourth piece is not begun before the first is handed out.
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LE(opened_.load(), 3);
  auto rest = Drain(*reader).ValueOrDie();
  EXPECT_THAT(rest, SizeIs(200 * kBatches - 1));
}

TEST_F(ParallelReaderTest, ClosingEarlyEndsTheThreadsAndIsNoEnd) {
  for (bool ordered : {false, true}) {
    opened_ = 0;
    auto reader = Read(20, ordered, 3);
    std::shared_ptr<arrow::RecordBatch> batch;
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
    ASSERT_TRUE(reader->Close().ok());
    EXPECT_EQ(KindOf(reader->ReadNext(&batch)), ErrorKind::kCancelled);
    EXPECT_EQ(batch, nullptr);
    EXPECT_LT(opened_.load(), 20);
  }
}

TEST_F(ParallelReaderTest, ClosingBehindTheEndChangesNothing) {
  auto reader = Read(2, true, 2);
  ASSERT_TRUE(Drain(*reader).ok());
  ASSERT_TRUE(reader->Close().ok());
  std::shared_ptr<arrow::RecordBatch> batch;
  EXPECT_TRUE(reader->ReadNext(&batch).ok());
  EXPECT_EQ(batch, nullptr);
}

TEST_F(ParallelReaderTest, WhatAThreadThrowsIsAnError) {
  ParallelReader::Settings settings;
  settings.schema = Numbers();
  settings.pieces = 3;
  settings.info.connections = 2;
  ParallelReader reader(
      std::move(settings),
      [](std::size_t piece,
         const std::stop_token&) -> arrow::Result<std::shared_ptr<SourceReader>> {
        if (piece == 1) throw std::bad_alloc();
        throw std::runtime_error("odd");
      });
  std::shared_ptr<arrow::RecordBatch> batch;
  EXPECT_FALSE(reader.ReadNext(&batch).ok());
}

}  // namespace
}  // namespace keelboat
