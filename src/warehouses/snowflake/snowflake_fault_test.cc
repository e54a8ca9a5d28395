// What goes wrong between this machine and Snowflake, and what is true afterwards.

#include <array>
#include <atomic>
#include <fstream>
#include <memory>
#include <thread>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "support/snowflake_fixture.h"

namespace keelboat::snowflake {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SnowflakeFaultTest : public WarehouseTest {
 protected:
  static constexpr int64_t kOldRows = 10;
  static constexpr int64_t kNewRows = 30;

  void SetUp() override {
    WarehouseTest::SetUp();
    old_ = WriteNumbers(Path("old.parquet"), 0, kOldRows);
    new_ = WriteNumbers(Path("new.parquet"), 0, kNewRows);
  }
  LoadRequest Request(int64_t version) const {
    return RequestFor("orders", NumbersSchema(), {version == 0 ? old_ : new_}, version);
  }
  /// The table is wholly at one version, and the ledger says the same. Returns it.
  int64_t ExpectWholeVersion(const std::string& when) const {
    const auto rows =
        Sql("SELECT COUNT(*), COUNT(DISTINCT _KEELBOAT_RUN_ID), "
            "MIN(_KEELBOAT_RUN_ID) FROM RAW.ORDERS");
    const auto ledger =
        Sql("SELECT LAKE_VERSION, \"ROWS\" FROM RAW._KEELBOAT_LEDGER WHERE "
            "TABLE_NAME = 'orders'");
    EXPECT_EQ(ledger.size(), 1U) << when;
    if (rows.empty() || ledger.empty()) return -1;
    EXPECT_EQ(rows[0][0], ledger[0][1]) << when;
    EXPECT_EQ(rows[0][1], "1") << when;
    EXPECT_EQ(rows[0][2], "run-" + ledger[0][0]) << when;
    return std::stoll(ledger[0][0]);
  }

  /// Two loaders that begin their transactions at the same moment.
  std::array<arrow::Result<LoadResult>, 2> LoadTogether(
      const std::array<int64_t, 2>& versions) const {
    std::atomic<int> waiting{0};
    auto together = [&](std::string_view sql) {
      if (sql != "BEGIN") return arrow::Status::OK();
      ++waiting;
      while (waiting < 2) std::this_thread::yield();
      return arrow::Status::OK();
    };
    std::array<arrow::Result<LoadResult>, 2> results;
    std::vector<std::jthread> loaders;
    for (std::size_t i = 0; i < results.size(); ++i) {
      loaders.emplace_back([&, i] {
        results[i] = Make(together)->Apply(Request(versions[i]), {});
        waiting = 2;  // One that failed before BEGIN keeps nobody.
      });
    }
    loaders.clear();  // Waits for them.
    return results;
  }

  LoadFile old_;
  LoadFile new_;
};

TEST_F(SnowflakeFaultTest, FailedBetweenAnyTwoStatementsALoadIsWholeOrNotThere) {
  ASSERT_TRUE(Make()->Apply(Request(0), {}).ok());
  int failed_at = 0;
  bool done = false;
  while (!done) {
    int count = 0;
    auto hook = [&](std::string_view) {
      return count++ == failed_at ? MakeError(ErrorKind::kUnavailable, "connection lost")
                                  : arrow::Status::OK();
    };
    auto warehouse = Make(hook);
    auto result = warehouse->Apply(Request(1), {});
    const std::string when = "failed at statement " + std::to_string(failed_at);
    done = result.ok() && count <= failed_at;
    if (!result.ok()) {
      EXPECT_EQ(KindOf(result.status()), ErrorKind::kUnavailable) << result.status();
      EXPECT_EQ(ExpectWholeVersion(when), 0);
    } else {
      // Only what follows the commit may fail unseen.
      EXPECT_EQ(ExpectWholeVersion(when), 1);
      auto back = Make()->Apply(Request(0), {});
      ASSERT_TRUE(back.ok()) << back.status();
    }
    ++failed_at;
    ASSERT_LT(failed_at, 40);
  }
  EXPECT_GT(failed_at, 10);
}

TEST_F(SnowflakeFaultTest, FailedBetweenAnyTwoStatementsAReplacedTableIsWhole) {
  auto schema = arrow::schema({LakeField("id", arrow::utf8())});
  const LoadFile file = WriteParquet(Path("text.parquet"), schema, {R"(["a", "b"])"});
  const LoadRequest other = RequestFor("orders", schema, {file}, 1);
  bool done = false;
  for (int failed_at = 0; !done; ++failed_at) {
    ASSERT_LT(failed_at, 40);
    service().Sql("DROP SCHEMA IF EXISTS OLIST.RAW CASCADE");
    ASSERT_TRUE(Make()->Apply(Request(0), {}).ok());
    int count = 0;
    auto hook = [&](std::string_view) {
      return count++ == failed_at ? MakeError(ErrorKind::kUnavailable, "connection lost")
                                  : arrow::Status::OK();
    };
    auto result = Make(hook)->Apply(other, {});
    done = result.ok() && count <= failed_at;
    // Either content is whole, whatever the ledger says of it.
    const std::string rows = Value("SELECT COUNT(*) FROM RAW.ORDERS");
    EXPECT_THAT(rows, ::testing::AnyOf("10", "2")) << "failed at " << failed_at;
    auto again = Make()->Apply(other, {});
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(ExpectWholeVersion("after " + std::to_string(failed_at)), 1);
    EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS"), "2");
  }
}

TEST_F(SnowflakeFaultTest, ADeadFirstLoadLeavesNothingInTheWay) {
  auto hook = [&](std::string_view sql) {
    return sql == "COMMIT" ? MakeError(ErrorKind::kUnavailable, "connection lost")
                           : arrow::Status::OK();
  };
  EXPECT_FALSE(Make(hook)->Apply(Request(0), {}).ok());
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS"), "0");
  auto again = Make()->Apply(Request(1), {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ExpectWholeVersion("after a dead first load"), 1);
}

TEST_F(SnowflakeFaultTest, ACommitWhoseAnswerIsLostIsLookedUp) {
  ASSERT_TRUE(Make()->Apply(Request(0), {}).ok());
  // The service commits, then cuts the connection, also when it is asked again.
  service().Fault(R"({"kind": "cut_after", "sql": "^COMMIT", "times": 20})");
  SnowflakeOptions options = Options();
  options.request_timeout = std::chrono::seconds(3);
  auto warehouse = MakeSnowflakeWarehouse(options).ValueOrDie();
  auto result = warehouse->Apply(Request(1), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, kNewRows);
  EXPECT_EQ(ExpectWholeVersion("commit without an answer"), 1);
}

TEST_F(SnowflakeFaultTest, OfTwoLoadersOfOneVersionOneLoads) {
  for (int64_t version : {0, 1}) {
    SCOPED_TRACE(version == 0 ? "first loads" : "later loads");
    const auto results = LoadTogether({version, version});
    for (const auto& result : results) ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_NE(results[0]->nothing_new, results[1]->nothing_new);
    EXPECT_EQ(results[0]->rows, results[1]->rows);
    EXPECT_EQ(ExpectWholeVersion("two loaders"), version);
  }
}

TEST_F(SnowflakeFaultTest, OfTwoLoadersOfTwoVersionsOneHasToRunAgain) {
  const auto results = LoadTogether({0, 1});
  EXPECT_NE(results[0].ok(), results[1].ok()) << results[0].status();
  const int64_t winner = results[0].ok() ? 0 : 1;
  const arrow::Status failed = results[1 - winner].status();
  EXPECT_EQ(KindOf(failed), ErrorKind::kConflict) << failed;
  EXPECT_EQ(ExpectWholeVersion("two loaders"), winner);
}

TEST_F(SnowflakeFaultTest, ALockOfADeadClientIsWaitedFor) {
  ASSERT_TRUE(Make()->Apply(Request(0), {}).ok());
  service().Set(R"({"idle_abort_seconds": 1.5})");
  std::atomic<bool> is_open{false};
  std::atomic<bool> may_end{false};
  std::jthread dead([&] {
    // Holds the ledger and the table, then says nothing more.
    auto hook = [&](std::string_view sql) {
      if (sql != "COMMIT") return arrow::Status::OK();
      is_open = true;
      while (!may_end) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return MakeError(ErrorKind::kUnavailable, "killed");
    };
    auto result = Make(hook)->Apply(Request(1), {});
    EXPECT_FALSE(result.ok());
  });
  while (!is_open) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  LoadRequest request = Request(1);
  request.lake_version = 2;
  request.run_id = "run-2";
  auto result = Make()->Apply(request, {});
  may_end = true;
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(ExpectWholeVersion("behind a dead client"), 2);
}

TEST_F(SnowflakeFaultTest, AShortOutageIsBridgedByTheDriver) {
  service().Fault(R"({"kind": "status", "status": 503, "sql": "^COPY", "times": 1})");
  auto result = Make()->Apply(Request(0), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(ExpectWholeVersion("after 503"), 0);
}

TEST_F(SnowflakeFaultTest, ALongOutageEndsInTimeAndCanBeTriedAgain) {
  service().Fault(R"({"kind": "status", "status": 503, "sql": "^COPY", "times": 1000})");
  SnowflakeOptions options = Options();
  // Enough for each request of the load that follows, on a slow machine too.
  options.request_timeout = std::chrono::seconds(5);
  auto warehouse = MakeSnowflakeWarehouse(options).ValueOrDie();
  const auto started = std::chrono::steady_clock::now();
  auto result = warehouse->Apply(Request(0), {});
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(90));
  EXPECT_FALSE(result.ok());
  EXPECT_TRUE(IsRetryable(KindOf(result.status()))) << result.status();
  service().Reset();
  auto again = warehouse->Apply(Request(0), {});
  ASSERT_TRUE(again.ok()) << again.status();
}

TEST_F(SnowflakeFaultTest, ServersThatAreNotThereAreNamed) {
  SnowflakeOptions options = Options();
  options.port = 1;
  options.login_timeout = std::chrono::seconds(2);
  options.request_timeout = std::chrono::seconds(2);
  auto result = MakeSnowflakeWarehouse(options).ValueOrDie()->Check({});
  EXPECT_TRUE(IsRetryable(KindOf(result.status()))) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr(options.host));
}

TEST_F(SnowflakeFaultTest, RefusedLoginsSayWhatToDo) {
  auto status_of = [&](auto change) {
    SnowflakeOptions options = Options();
    change(options);
    const arrow::Status status =
        MakeSnowflakeWarehouse(options).ValueOrDie()->Check({}).status();
    EXPECT_THAT(status.message(), Not(HasSubstr("hunter2")));
    return status;
  };
  ASSERT_TRUE(Make()->Setup({}, {}).ok());
  arrow::Status status = status_of([](auto& o) { o.password = "hunter2"; });
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth) << status;
  EXPECT_THAT(status.message(), HasSubstr("LOADER"));
  status = status_of([](auto& o) { o.token = "hunter2"; });
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth) << status;
  status = status_of([](auto& o) { o.token = testing::SnowflakeStandin::kToken; });
  EXPECT_TRUE(status.ok()) << status;
  status = status_of([](auto& o) { o.role = "nobody"; });
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound) << status;
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("there is no role \"NOBODY\""), HasSubstr("set 'role'")));
  status = status_of([](auto& o) { o.account = "other-account"; });
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("check 'account'"));
  status = status_of([](auto& o) { o.warehouse = "nowhere"; });
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("there is no warehouse \"NOWHERE\""),
                                      HasSubstr("set 'warehouse'")));
  status = status_of([](auto& o) { o.database = "nowhere"; });
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr("there is no database \"NOWHERE\""),
                                      HasSubstr("`keelboat setup`")));
}

/// The PEM text of a key: its private or its public half.
std::string PemOf(EVP_PKEY* key, bool is_private) {
  std::unique_ptr<BIO, void (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free_all);
  const int written = is_private ? PEM_write_bio_PrivateKey(bio.get(), key, nullptr,
                                                            nullptr, 0, nullptr, nullptr)
                                 : PEM_write_bio_PUBKEY(bio.get(), key);
  EXPECT_EQ(written, 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

TEST_F(SnowflakeFaultTest, KeyPairsLogInWhereTheyBelongTogether) {
  ASSERT_TRUE(Make()->Setup({}, {}).ok());
  using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
  const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const Key other(EVP_RSA_gen(2048), EVP_PKEY_free);
  service().Set(
      nlohmann::json{{"public_keys", {{"LOADER", PemOf(key.get(), false)}}}}.dump());
  SnowflakeOptions options = Options();
  options.private_key_file = Path("key.p8");
  std::ofstream(options.private_key_file) << PemOf(key.get(), true);
  auto info = MakeSnowflakeWarehouse(options).ValueOrDie()->Check({});
  EXPECT_TRUE(info.ok()) << info.status();
  std::ofstream(options.private_key_file) << PemOf(other.get(), true);
  const arrow::Status status =
      MakeSnowflakeWarehouse(options).ValueOrDie()->Check({}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth) << status;
  EXPECT_THAT(status.message(), HasSubstr("RSA_PUBLIC_KEY"));
}

TEST_F(SnowflakeFaultTest, ASuspendedWarehouseIsNamed) {
  ASSERT_TRUE(Make()->Setup({}, {}).ok());
  service().Set(R"({"suspended": ["LOAD_WH"]})");
  for (const arrow::Status& status :
       {Make()->Check({}).status(), Make()->Apply(Request(0), {}).status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << status;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("LOAD_WH"), HasSubstr("quota")));
  }
}

TEST_F(SnowflakeFaultTest, ARowThatCopyRejectsIsNamed) {
  // The file holds text where the lake's log says numbers.
  auto text =
      arrow::schema({LakeField("id", arrow::utf8()), LakeField("name", arrow::utf8())});
  const LoadFile file =
      WriteParquet(Path("bad.parquet"), text, {R"(["1", "two"])", R"(["a", "b"])"});
  auto result = Make()->Apply(RequestFor("orders", NumbersSchema(), {file}, 0), {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData) << result.status();
  EXPECT_THAT(DetailOf(result.status(), "file"), HasSubstr("bad.parquet"));
  EXPECT_EQ(DetailOf(result.status(), "row"), "2");
  EXPECT_EQ(DetailOf(result.status(), "column"), "ID");
  EXPECT_THAT(Leftovers(), IsEmpty());
}

TEST_F(SnowflakeFaultTest, AFileThatGoesFromTheStageIsNamed) {
  auto hook = [&](std::string_view sql) {
    if (sql.starts_with("COPY")) {
      const std::string stage = "@\"OLIST\".\"RAW\".\"KEELBOAT_STAGE\"";
      service().Sql("REMOVE " + stage + "/loads/");
    }
    return arrow::Status::OK();
  };
  auto result = Make(hook)->Apply(Request(0), {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kNotFound) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr("old.parquet"));
  auto again = Make()->Apply(Request(0), {});
  EXPECT_TRUE(again.ok()) << again.status();
}

TEST_F(SnowflakeFaultTest, AFileThatGoesFromTheLakeIsNamed) {
  LoadRequest request = Request(0);
  std::filesystem::remove(request.files[0].uri);
  auto result = Make()->Apply(request, {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kNotFound) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr(request.files[0].uri));
}

TEST_F(SnowflakeFaultTest, ADriverThatIsNoLibraryIsNamed) {
  SnowflakeOptions options = Options();
  options.driver = Path("driver.so");
  std::ofstream(options.driver) << "no library";
  const arrow::Status status =
      MakeSnowflakeWarehouse(options).ValueOrDie()->ReadLedger().status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound) << status;
  EXPECT_THAT(status.message(), AllOf(HasSubstr(options.driver),
                                      HasSubstr("pip install adbc-driver-snowflake")));
}

TEST_F(SnowflakeFaultTest, AStopEndsTheStatementThatRuns) {
  ASSERT_TRUE(Make()->Apply(Request(0), {}).ok());
  service().Fault(R"({"kind": "hang", "seconds": 600, "sql": "^COPY", "times": 1})");
  std::stop_source stop;
  std::jthread later([&] {
    while (service().Count("PUT ") < 2) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  const auto started = std::chrono::steady_clock::now();
  auto result = Make()->Apply(Request(1), stop.get_token());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kCancelled) << result.status();
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(60));
  EXPECT_EQ(ExpectWholeVersion("stopped"), 0);
}

TEST_F(SnowflakeFaultTest, LeftoversOfDeadRunsGo) {
  ASSERT_TRUE(Make()->Setup({}, {}).ok());
  service().Sql(
      "CREATE TABLE OLIST.RAW._KEELBOAT_LOAD_20200101T000000Z_AAAAAAAA (ID "
      "NUMBER(10,0))");
  service().Sql(
      "CREATE TABLE OLIST.RAW._KEELBOAT_LOAD_29990101T000000Z_AAAAAAAA (ID "
      "NUMBER(10,0))");
  ASSERT_TRUE(Make()->Apply(Request(0), {}).ok());
  const auto left = Leftovers();
  EXPECT_THAT(left, ::testing::ElementsAre("_KEELBOAT_LOAD_29990101T000000Z_AAAAAAAA"));
}

}  // namespace
}  // namespace keelboat::snowflake
