#include "net/chunk_framing.h"

#include <string>

#include <gtest/gtest.h>

namespace keelboat::net {
namespace {

// What comes of a body that arrives so many bytes at a time.
std::string Stripped(const std::string& sent, std::size_t step) {
  ChunkFraming framing;
  std::string body;
  for (std::size_t at = 0; at < sent.size(); at += step) {
    const std::string part = sent.substr(at, step);
    std::string room(part.size(), '?');
    room.resize(framing.Strip(part, room.data()));
    body += room;
  }
  return body;
}

TEST(ChunkFraming, TheBodyIsTheSameHoweverItArrives) {
  const std::string rows(300, 'x');
  const std::string sent = "2\r\n[\n\r\n12C\r\n" + rows + "\r\n1;name=\"v\"\r\n\n\r\n" +
                           "0001\r\n]\r\n0\r\nTrailer: 7\r\n\r\n";
  for (std::size_t step = 1; step <= sent.size(); ++step) {
    ASSERT_EQ(Stripped(sent, step), "[\n" + rows + "\n]") << step;
  }
}

TEST(ChunkFraming, LineBreaksWithinAChunkAreItsOwn) {
  EXPECT_EQ(Stripped("8\r\n\r\n0\r\n\r\n5\r\n0\r\n\r\n", 3), "\r\n0\r\n\r\n5");
}

TEST(ChunkFraming, NothingComesBehindTheLastChunk) {
  EXPECT_EQ(Stripped("1\na\n0\n\n1\nb\n", 1), "a");
}

}  // namespace
}  // namespace keelboat::net
