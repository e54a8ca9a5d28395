#include "net/gzip_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "keelboat/error.h"

namespace keelboat::net {
namespace {

std::string Gzipped(const std::string& text) {
  z_stream zlib{};
  EXPECT_EQ(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1000, '\0');
  std::string in = text;
  zlib.next_in = reinterpret_cast<Bytef*>(in.data());
  zlib.avail_in = static_cast<uInt>(in.size());
  zlib.next_out = reinterpret_cast<Bytef*>(out.data());
  zlib.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - zlib.avail_out);
  deflateEnd(&zlib);
  return out;
}

// Gives a text in small pieces.
class TextStream final : public ByteStream {
 public:
  explicit TextStream(std::string text) : text_(std::move(text)) {}
  arrow::Result<int64_t> Read(char* out, int64_t capacity) override {
    const auto count = std::min<std::size_t>(
        {7, static_cast<std::size_t>(capacity), text_.size() - at_});
    std::memcpy(out, text_.data() + at_, count);
    at_ += count;
    return static_cast<int64_t>(count);
  }

 private:
  const std::string text_;
  std::size_t at_ = 0;
};

arrow::Result<std::string> Unzipped(std::string bytes) {
  auto stream = MakeGzipStream(std::make_unique<TextStream>(std::move(bytes)));
  std::string text;
  std::array<char, 100> room;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(int64_t count, stream->Read(room.data(), room.size()));
    if (count == 0) return text;
    text.append(room.data(), static_cast<std::size_t>(count));
  }
}

TEST(GzipStreamTest, GivesTheTextBack) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "row " + std::to_string(i * 7919) + "\n";
  EXPECT_EQ(*Unzipped(Gzipped(text)), text);
  EXPECT_EQ(*Unzipped(Gzipped("")), "");
}

TEST(GzipStreamTest, EveryCutIsAnError) {
  const std::string whole = Gzipped("some rows, and some more rows");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto text = Unzipped(whole.substr(0, size));
    ASSERT_FALSE(text.ok()) << size;
    EXPECT_EQ(KindOf(text.status()), ErrorKind::kUnavailable);
    EXPECT_THAT(text.status().message(), ::testing::HasSubstr("cut"));
  }
}

TEST(GzipStreamTest, DamageAndWhatFollowsTheEndAreErrors) {
  std::string wrong_checksum = Gzipped("some rows");
  wrong_checksum[wrong_checksum.size() - 8] ^= 1;
  EXPECT_EQ(KindOf(Unzipped(wrong_checksum).status()), ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(Unzipped(Gzipped("some rows") + "more").status()),
            ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(Unzipped("no gzip at all").status()), ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace keelboat::net
