#include "net/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

// One accepted connection, as its script sees it.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}
  ~Peer() { Close(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Head and body of the next request; empty when the client has closed.
  std::string Request() {
    std::string text;
    std::array<char, 4096> room;
    while (true) {
      const std::size_t head = text.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t at = text.find("Content-Length: ");
        const std::size_t length =
            at == std::string::npos ? 0 : std::strtoul(&text[at + 16], nullptr, 10);
        if (text.size() >= head + 4 + length) return text;
      }
      const ssize_t count = recv(socket_, room.data(), room.size(), 0);
      if (count <= 0) return {};
      text.append(room.data(), static_cast<std::size_t>(count));
    }
  }
  void Send(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t count =
          send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<std::size_t>(count);
    }
  }
  // How much the client lets be sent to it within a while.
  int64_t SendWhilePossible(std::chrono::milliseconds duration) {
    const std::string block(65536, 'x');
    int64_t sent = 0;
    const auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end) {
      const ssize_t count =
          send(socket_, block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) sent += count;
      if (count <= 0) std::this_thread::sleep_for(5ms);
    }
    return sent;
  }
  // Waits until the client closes, or sends anything; true: closed.
  bool AwaitEnd(std::chrono::milliseconds most) {
    const timeval timeout{most.count() / 1000, (most.count() % 1000) * 1000};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    char byte = 0;
    const ssize_t count = recv(socket_, &byte, 1, 0);
    return count == 0 || (count < 0 && errno == ECONNRESET);
  }
  void Reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    Close();
  }
  void Close() {
    if (socket_ >= 0) close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
};

// Runs a script for each connection, one after another.
class Server {
 public:
  explicit Server(std::function<void(Peer&)> script) : script_(std::move(script)) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      while (true) {
        const int accepted = accept(socket_, nullptr, nullptr);
        if (accepted < 0) return;
        ++connections_;
        Peer peer(accepted);
        script_(peer);
      }
    });
  }
  ~Server() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/api"; }
  int connections() const { return connections_; }

 private:
  const std::function<void(Peer&)> script_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;
};

std::unique_ptr<HttpClient> Client(HttpOptions options = {}) {
  return *HttpClient::Make(std::move(options));
}

HttpRequest To(const Server& server) {
  HttpRequest request;
  request.url = server.url();
  return request;
}

arrow::Result<std::string> ReadAll(ByteStream& stream) {
  std::string text;
  std::array<char, 1000> room;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(int64_t count, stream.Read(room.data(), room.size()));
    if (count == 0) return text;
    text.append(room.data(), static_cast<std::size_t>(count));
  }
}

arrow::Result<std::string> Fetch(HttpClient& client, const HttpRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto stream, client.Open(request, {}));
  return ReadAll(*stream.body);
}

constexpr const char* kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(HttpClientTest, SendsWhatWasAskedAndNothingMore) {
  std::string heard;
  Server server([&](Peer& peer) {
    heard = peer.Request();
    peer.Send(
        "HTTP/1.1 201 Created\r\nX-Thing:  a b \r\nContent-Length: 2\r\n"
        "Set-Cookie: a=b\r\n\r\nok");
    if (!peer.Request().empty()) heard = "more";
  });
  auto client = Client();
  HttpRequest request = To(server);
  request.method = "POST";
  request.body = "{}";
  request.headers = {{"Content-Type", "application/json"}};
  auto response = client->Send(request, 1000, {});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->head.status, 201);
  EXPECT_EQ(response->head.Find("x-thing"), "a b");
  EXPECT_EQ(response->body, "ok");
  EXPECT_THAT(heard, HasSubstr("POST /api HTTP/1.1\r\n"));
  EXPECT_THAT(heard, HasSubstr("Accept-Encoding: identity\r\n"));
  EXPECT_THAT(heard, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(heard, Not(HasSubstr("Expect")));
  EXPECT_THAT(heard, HasSubstr("\r\n\r\n{}"));
}

TEST(HttpClientTest, KeepsAConnectionForSmallAnswersAndSendsNoCookies) {
  std::string last;
  Server server([&](Peer& peer) {
    for (std::string text = peer.Request(); !text.empty(); text = peer.Request()) {
      last = text;
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nSet-Cookie: a=b\r\n\r\nx");
    }
  });
  auto client = Client();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->Send(To(server), 10, {}).ok());
  EXPECT_EQ(server.connections(), 1);
  EXPECT_THAT(last, Not(HasSubstr("Cookie")));
}

TEST(HttpClientTest, AStreamHasAConnectionOfItsOwn) {
  Server server([&](Peer& peer) {
    while (!peer.Request().empty()) {
      peer.Send(std::string(kChunked) + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    }
  });
  auto client = Client();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(*Fetch(*client, To(server)), "abcde");
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpClientTest, EveryCutBodyIsAnError) {
  const std::vector<std::string> cuts = {
      std::string(kChunked) + "3\r\nabc\r\n",
      std::string(kChunked) + "5\r\nabc",
      std::string(kChunked) + "3\r\nabc\r\n0\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
      std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n") +
          "Content-Encoding: gzip\r\n\r\n2\r\n\x1f\x8b\r\n0\r\n\r\n",
  };
  for (const bool reset : {false, true}) {
    for (const std::string& cut : cuts) {
      Server server([&](Peer& peer) {
        peer.Request();
        peer.Send(cut);
        if (reset) peer.Reset();
      });
      auto client = Client();
      const auto text = Fetch(*client, To(server));
      ASSERT_FALSE(text.ok()) << cut;
      EXPECT_EQ(KindOf(text.status()), ErrorKind::kUnavailable) << text.status();
      if (!reset) {
        EXPECT_THAT(text.status().message(), HasSubstr("cut"));
      }
    }
  }
}

TEST(HttpClientTest, AnAnswerThatNeverComesIsAnError) {
  Server server([](Peer& peer) { peer.Request(); });
  const auto text = Fetch(*Client(), To(server));
  EXPECT_EQ(KindOf(text.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(text.status().message(), HasSubstr("closed without an answer"));
}

TEST(HttpClientTest, SilenceHasItsLimitBeforeAndWithinABody) {
  for (const bool begun : {false, true}) {
    Server server([&](Peer& peer) {
      peer.Request();
      if (begun) peer.Send(std::string(kChunked) + "3\r\nabc\r\n");
      peer.AwaitEnd(60s);
    });
    HttpOptions options;
    options.silence_timeout = 200ms;
    const auto text = Fetch(*Client(options), To(server));
    EXPECT_EQ(KindOf(text.status()), ErrorKind::kUnavailable);
    EXPECT_THAT(text.status().message(), HasSubstr("nothing came for 0.2 s"));
  }
}

TEST(HttpClientTest, AStopRequestEndsAWait) {
  std::atomic<bool> closed = false;
  {
    Server server([&](Peer& peer) {
      peer.Request();
      closed = peer.AwaitEnd(60s);
    });
    auto client = Client();
    std::stop_source source;
    const std::jthread stopper([&] {
      std::this_thread::sleep_for(100ms);
      source.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto stream = client->Open(To(server), source.get_token());
    EXPECT_EQ(KindOf(stream.status()), ErrorKind::kCancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  }
  EXPECT_TRUE(closed);
}

TEST(HttpClientTest, ClosingAStreamClosesTheSocketAndNotBefore) {
  std::atomic<bool> early = true;
  std::atomic<bool> closed = false;
  {
    Server server([&](Peer& peer) {
      peer.Request();
      peer.Send(std::string(kChunked) + "3\r\nabc\r\n");
      early = peer.AwaitEnd(200ms);
      peer.Send("3\r\ndef\r\n");
      closed = peer.AwaitEnd(60s);
    });
    auto client = Client();
    auto stream = client->Open(To(server), {});
    ASSERT_TRUE(stream.ok());
    std::string text;
    std::array<char, 10> room;
    while (text.size() < 6) {
      text.append(room.data(), static_cast<std::size_t>(
                                   *stream->body->Read(room.data(), room.size())));
    }
    EXPECT_EQ(text, "abcdef");
    stream->body.reset();
  }
  EXPECT_FALSE(early);
  EXPECT_TRUE(closed);
}

TEST(HttpClientTest, ReadsAheadWithinBounds) {
  std::atomic<int64_t> sent = 0;
  Server server([&](Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    sent = peer.SendWhilePossible(500ms);
  });
  auto client = Client();
  auto stream = client->Open(To(server), {});
  ASSERT_TRUE(stream.ok());
  char byte = 0;
  ASSERT_EQ(*stream->body->Read(&byte, 1), 1);
  while (sent == 0) std::this_thread::sleep_for(10ms);
  EXPECT_LT(sent, 32 << 20);
}

TEST(HttpClientTest, ABodyLongerThanItsReaderIsCarriedWhole) {
  std::string whole(20'000'000, ' ');
  for (std::size_t i = 0; i < whole.size(); ++i) {
    whole[i] = static_cast<char>('a' + (i * i / 7) % 26);
  }
  Server server([&](Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(whole.size()) +
              "\r\n\r\n" + whole);
  });
  EXPECT_TRUE(*Fetch(*Client(), To(server)) == whole);
}

TEST(HttpClientTest, ABodyBeyondTheBoundIsAnError) {
  Server server([&](Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" +
              std::string(100'000, 'x'));
  });
  EXPECT_EQ(KindOf(Client()->Send(To(server), 99'999, {}).status()),
            ErrorKind::kUnsupported);
}

TEST(HttpClientTest, FollowsNoRedirection) {
  Server server([&](Peer& peer) {
    peer.Request();
    peer.Send(
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n"
        "Content-Length: 0\r\n\r\n");
  });
  const auto response = Client()->Send(To(server), 10, {});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->head.status, 301);
}

TEST(HttpClientTest, TheEnvironmentsProxyIsNotOurs) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  Server server([&](Peer& peer) {
    peer.Request();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const auto response = Client()->Send(To(server), 10, {});
  unsetenv("http_proxy");
  EXPECT_TRUE(response.ok()) << response.status();
}

TEST(HttpClientTest, NamesThePlaceThatCannotBeReached) {
  HttpRequest request;
  request.url = "http://127.0.0.1:1/secret-path?token=abc";
  const auto response = Client()->Send(request, 10, {});
  EXPECT_EQ(KindOf(response.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(response.status().message(), HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(response.status().ToString(), Not(HasSubstr("secret-path")));
  request.url = "https://127.0.0.1:notaport";
  EXPECT_EQ(KindOf(Client()->Send(request, 10, {}).status()), ErrorKind::kConfig);
  HttpOptions options;
  options.tls_ca = "/nowhere/ca.pem";
  EXPECT_EQ(KindOf(HttpClient::Make(options).status()), ErrorKind::kConfig);
}

}  // namespace
}  // namespace keelboat
