// The pieces that pages are made of, each read back by a reader that is not ours.

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/parquet/bytes_dictionary.h"
#include "formats/parquet/hybrid_encoding.h"
#include "formats/parquet/page_compressor.h"

namespace keelboat::parquet_pages {
namespace {

using testing::ElementsAre;
using testing::Le;
using testing::SizeIs;

Bytes Hybrid(const std::vector<uint32_t>& numbers, int width) {
  Bytes out;
  AppendHybrid(numbers, width, &out);
  return out;
}

// As the format's description tells it, one value at a time.
std::vector<uint32_t> ReadHybrid(const Bytes& bytes, int width, std::size_t count) {
  std::vector<uint32_t> numbers;
  std::size_t at = 0;
  while (numbers.size() < count && at < bytes.size()) {
    uint64_t header = 0;
    int shift = 0;
    do {
      header |= static_cast<uint64_t>(bytes[at] & 127) << shift;
      shift += 7;
    } while ((bytes[at++] & 128) != 0);
    if ((header & 1) == 0) {
      uint32_t value = 0;
      for (int bits = 0; bits < width; bits += 8) {
        value |= static_cast<uint32_t>(bytes[at++]) << bits;
      }
      numbers.insert(numbers.end(), header >> 1, value);
      continue;
    }
    const std::size_t values = (header >> 1) * 8;
    for (std::size_t i = 0; i < values; ++i) {
      uint32_t value = 0;
      for (int bit = 0; bit < width; ++bit) {
        const std::size_t place =
            i * static_cast<std::size_t>(width) + static_cast<std::size_t>(bit);
        value |= static_cast<uint32_t>(bytes[at + place / 8] >> place % 8 & 1) << bit;
      }
      numbers.push_back(value);
    }
    at += values / 8 * static_cast<std::size_t>(width);
  }
  EXPECT_EQ(at, bytes.size());
  EXPECT_GE(numbers.size(), count);
  EXPECT_LT(numbers.size(), count + 8);
  numbers.resize(count);
  return numbers;
}

TEST(HybridEncodingTest, EveryWidthAndLengthComesBack) {
  std::mt19937 random(7);
  for (int width = 1; width <= 32; ++width) {
    const uint32_t mask = width == 32 ? ~0u : (1u << width) - 1;
    for (const std::size_t count : {1, 7, 8, 9, 31, 32, 33, 503, 504, 505, 5000}) {
      std::vector<uint32_t> numbers(count);
      for (auto& number : numbers) number = static_cast<uint32_t>(random()) & mask;
      ASSERT_EQ(ReadHybrid(Hybrid(numbers, width), width, count), numbers)
          << width << " bits, " << count;
    }
  }
}

TEST(HybridEncodingTest, RunsBetweenNoiseComeBack) {
  std::mt19937 random(8);
  for (int round = 0; round < 200; ++round) {
    std::vector<uint32_t> numbers;
    while (numbers.size() < 2000) {
      numbers.insert(numbers.end(), random() % 40, static_cast<uint32_t>(random() % 16));
    }
    ASSERT_EQ(ReadHybrid(Hybrid(numbers, 4), 4, numbers.size()), numbers);
  }
}

TEST(HybridEncodingTest, ARunTakesAFewBytes) {
  EXPECT_THAT(Hybrid(std::vector<uint32_t>(100'000, 3), 2), SizeIs(Le(4)));
  Bytes run;
  AppendRun(1, 3, 1, &run);
  EXPECT_THAT(run, ElementsAre(6, 1));
}

TEST(HybridEncodingTest, NothingIsNothing) { EXPECT_THAT(Hybrid({}, 1), SizeIs(0)); }

TEST(HybridEncodingTest, WidthsHoldTheLargestIndex) {
  for (const auto& [count, width] : std::vector<std::pair<uint32_t, int>>{
           {0, 1}, {1, 1}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {256, 8}, {257, 9}}) {
    EXPECT_EQ(BitWidth(count), width) << count;
  }
}

std::string Unpacked(const arrow::Buffer& frame, std::size_t size) {
  auto codec = arrow::util::Codec::Create(arrow::Compression::ZSTD).ValueOrDie();
  std::string bytes(size + 1, '\0');
  auto length = codec->Decompress(frame.size(), frame.data(), static_cast<int64_t>(size),
                                  reinterpret_cast<uint8_t*>(bytes.data()));
  EXPECT_TRUE(length.ok()) << length.status().ToString();
  EXPECT_EQ(length.ValueOr(-1), static_cast<int64_t>(size));
  bytes.resize(size);
  return bytes;
}

std::string Noise(std::size_t size) {
  std::mt19937 random(9);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(PageCompressorTest, AStoredFrameIsOneThatZstdReads) {
  for (const std::size_t size :
       {0, 1, 255, 256, 65'792, 131'071, 131'072, 131'073, 262'144, 1'000'000}) {
    const std::string bytes = Noise(size);
    auto frame = StoredFrame(BytesOf(bytes)).ValueOrDie();
    EXPECT_EQ(Unpacked(*frame, size), bytes) << size;
    EXPECT_LE(frame->size(), static_cast<int64_t>(size + 12 + size / 40'000));
  }
}

TEST(PageCompressorTest, WhatDoesNotPayIsStoredUntilTheNextChunk) {
  Bytes scratch;
  auto compressor = PageCompressor::Make(1, &scratch).ValueOrDie();
  const std::string noise = Noise(10'000);
  const std::string text(10'000, 'a');
  for (int chunk = 0; chunk < 2; ++chunk) {
    compressor->BeginChunk();
    EXPECT_LT(compressor->Compress(BytesOf(text)).ValueOrDie()->size(), 100);
    EXPECT_GE(compressor->Compress(BytesOf(noise)).ValueOrDie()->size(), 10'000);
    auto stored = compressor->Compress(BytesOf(text)).ValueOrDie();
    EXPECT_GE(stored->size(), 10'000);
    EXPECT_EQ(Unpacked(*stored, text.size()), text);
  }
}

TEST(BytesDictionaryTest, TheSameBytesHaveTheSameIndex) {
  BytesDictionary dictionary;
  std::vector<std::string> values;
  // Values that differ in one place only, of every length around the words' ends.
  for (std::size_t length = 0; length < 40; ++length) {
    values.emplace_back(length, '\0');
    for (std::size_t place = 0; place < length; ++place) {
      values.emplace_back(length, '\0');
      values.back()[place] = 'x';
    }
  }
  for (const std::size_t readable : {0, 40}) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      // What stands behind a value is none of it.
      const std::string room = values[i] + std::string(readable, '!');
      const std::string_view value(room.data(), values[i].size());
      ASSERT_EQ(dictionary.Add(value, room.size()), i);
      ASSERT_EQ(dictionary.Get(static_cast<uint32_t>(i)), values[i]);
    }
  }
  EXPECT_EQ(dictionary.size(), values.size());
  EXPECT_EQ(dictionary.bytes_added(), 2 * dictionary.bytes());
  dictionary.Clear();
  EXPECT_EQ(dictionary.size(), 0u);
  EXPECT_EQ(dictionary.Add("again", 5), 0u);
}

}  // namespace
}  // namespace keelboat::parquet_pages
