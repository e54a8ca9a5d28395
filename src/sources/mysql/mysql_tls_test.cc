// Every TLS mode against servers with and without certificates.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::HasSubstr;
using testing::MariadbServer;
using ::testing::StartsWith;

void RunOpenssl(const std::string& arguments) {
  std::string command = "openssl " + arguments + " >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0) throw std::runtime_error(command);
}

// An authority and two servers that it vouches for: one by the name that the tests use,
// one by another name.
class Certificates {
 public:
  Certificates() {
    char folder[] = "/tmp/keelboat-tls-XXXXXX";
    if (mkdtemp(folder) == nullptr) throw std::runtime_error("making a folder");
    folder_ = folder;
    MakeAuthority("ca");
    MakeAuthority("stranger");
    MakeServer("here", "IP:127.0.0.1,DNS:localhost");
    MakeServer("elsewhere", "DNS:elsewhere.example");
  }
  ~Certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::vector<std::string> SettingsFor(const std::string& server) const {
    return {"--ssl-ca=" + Path("ca.pem"), "--ssl-cert=" + Path(server + ".pem"),
            "--ssl-key=" + Path(server + ".key")};
  }

 private:
  void MakeAuthority(const std::string& name) {
    RunOpenssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name +
               " -keyout " + Path(name + ".key") + " -out " + Path(name + ".pem"));
  }
  void MakeServer(const std::string& name, const std::string& alternatives) {
    RunOpenssl("req -newkey rsa:2048 -nodes -subj /CN=" + name + ".example -addext " +
               "subjectAltName=" + alternatives + " -keyout " + Path(name + ".key") +
               " -out " + Path(name + ".csr"));
    RunOpenssl("x509 -req -days 2 -copy_extensions copy -CAcreateserial -in " +
               Path(name + ".csr") + " -CA " + Path("ca.pem") + " -CAkey " +
               Path("ca.key") + " -out " + Path(name + ".pem"));
  }

  std::string folder_;
};

struct Servers {
  Certificates certificates;
  MariadbServer here{certificates.SettingsFor("here")};
  MariadbServer elsewhere{certificates.SettingsFor("elsewhere")};
};

Servers& Started() {
  static Servers servers;
  return servers;
}

arrow::Result<SourceInfo> CheckWith(const MariadbServer& server, MysqlTlsMode mode,
                                    const std::string& authority) {
  MysqlOptions options = ServerOptions(server);
  options.tls = mode;
  if (!authority.empty()) {
    options.tls_ca = Started().certificates.Path(authority + ".pem");
  }
  return MakeMysqlSource(options).ValueOrDie()->Check({});
}

TEST(MysqlTls, AcceptsATrustedServerInEveryMode) {
  for (auto mode : {MysqlTlsMode::kVerifyIdentity, MysqlTlsMode::kVerifyCa,
                    MysqlTlsMode::kRequired, MysqlTlsMode::kPreferred}) {
    auto info = CheckWith(Started().here, mode, "ca");
    ASSERT_TRUE(info.ok()) << info.status().ToString();
    EXPECT_TRUE(info->tls);
    EXPECT_THAT(info->tls_version, StartsWith("TLSv1."));
  }
  EXPECT_FALSE(CheckWith(Started().here, MysqlTlsMode::kDisabled, "").ValueOrDie().tls);
}

TEST(MysqlTls, AnotherNameIsRefusedOnlyWhereTheIdentityCounts) {
  auto info = CheckWith(Started().elsewhere, MysqlTlsMode::kVerifyIdentity, "ca");
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(KindOf(info.status()), ErrorKind::kAuth) << info.status().ToString();
  EXPECT_THAT(info.status().message(), HasSubstr("tls_ca"));
  for (auto mode :
       {MysqlTlsMode::kVerifyCa, MysqlTlsMode::kRequired, MysqlTlsMode::kPreferred}) {
    auto accepted = CheckWith(Started().elsewhere, mode, "ca");
    ASSERT_TRUE(accepted.ok()) << accepted.status().ToString();
    EXPECT_TRUE(accepted->tls);
  }
}

TEST(MysqlTls, AnUntrustedAuthorityIsRefusedWhereItCounts) {
  for (const char* authority : {"stranger", ""}) {
    for (auto mode : {MysqlTlsMode::kVerifyIdentity, MysqlTlsMode::kVerifyCa}) {
      auto info = CheckWith(Started().here, mode, authority);
      ASSERT_FALSE(info.ok()) << "authority " << authority;
      EXPECT_EQ(KindOf(info.status()), ErrorKind::kAuth) << info.status().ToString();
    }
    EXPECT_TRUE(CheckWith(Started().here, MysqlTlsMode::kRequired, authority).ok());
  }
}

TEST(MysqlTls, AServerWithoutTlsIsRefusedUnlessItIsOnlyPreferred) {
  MariadbServer& plain = MariadbServer::Shared();
  for (auto mode : {MysqlTlsMode::kVerifyIdentity, MysqlTlsMode::kVerifyCa,
                    MysqlTlsMode::kRequired}) {
    auto info = CheckWith(plain, mode, "");
    ASSERT_FALSE(info.ok());
    EXPECT_EQ(KindOf(info.status()), ErrorKind::kAuth) << info.status().ToString();
  }
  EXPECT_FALSE(CheckWith(plain, MysqlTlsMode::kPreferred, "").ValueOrDie().tls);
}

TEST(MysqlTls, AMissingAuthorityFileIsAConfigurationError) {
  auto info = CheckWith(Started().here, MysqlTlsMode::kVerifyCa, "no-such-file");
  ASSERT_FALSE(info.ok());
  EXPECT_EQ(KindOf(info.status()), ErrorKind::kConfig);
  EXPECT_THAT(info.status().message(), HasSubstr("no-such-file.pem"));
}

TEST(MysqlTls, AnAccountThatAsksForACertificateGetsIt) {
  const MariadbServer& server = Started().here;
  server.Run("CREATE USER IF NOT EXISTS certified IDENTIFIED BY 'secret' REQUIRE X509");
  server.Run("GRANT SELECT ON shop.* TO certified");
  MysqlOptions options = ServerOptions(server);
  options.user = "certified";
  options.tls = MysqlTlsMode::kVerifyIdentity;
  options.tls_ca = Started().certificates.Path("ca.pem");
  auto refused = MakeMysqlSource(options).ValueOrDie()->Check({});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kAuth) << refused.status().ToString();
  options.tls_cert = Started().certificates.Path("elsewhere.pem");
  options.tls_key = Started().certificates.Path("elsewhere.key");
  auto info = MakeMysqlSource(options).ValueOrDie()->Check({});
  EXPECT_TRUE(info.ok()) << info.status().ToString();
  options.tls_key = Started().certificates.Path("no-such.key");
  auto missing = MakeMysqlSource(options).ValueOrDie()->Check({});
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kConfig);
  EXPECT_THAT(missing.status().message(), HasSubstr("no-such.key"));
}

TEST(MysqlTls, ReadsAndLeavesEarly) {
  const MariadbServer& server = Started().here;
  server.Run(
      "CREATE TABLE IF NOT EXISTS large (id INT PRIMARY KEY, pad CHAR(200)); INSERT "
      "IGNORE INTO large SELECT seq, REPEAT('p', 200) FROM seq_1_to_100000");
  MysqlOptions options = ServerOptions(server);
  options.tls = MysqlTlsMode::kVerifyIdentity;
  options.tls_ca = Started().certificates.Path("ca.pem");
  auto source = MakeMysqlSource(options).ValueOrDie();
  Relation relation = source->DescribeTable("large", {}).ValueOrDie();
  auto whole = ReadAll(source.get(), relation, WholeOf(relation));
  ASSERT_TRUE(whole.ok()) << whole.status().ToString();
  EXPECT_EQ(whole->rows(), 100000);
  // A write to a closed TLS socket must not end the process.
  for (int i = 0; i < 5; ++i) {
    std::stop_source stop;
    auto reader =
        source->Read(relation, WholeOf(relation), stop.get_token()).ValueOrDie();
    std::shared_ptr<arrow::RecordBatch> batch;
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
    if (i % 2 == 0) stop.request_stop();
    reader.reset();
  }
}

}  // namespace
}  // namespace keelboat::mysql
