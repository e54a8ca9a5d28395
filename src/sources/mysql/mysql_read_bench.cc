// Rows per second of the MySQL source against the floor: a loop that takes the rows off
// the wire and throws them away, in the text and in the binary protocol.
//
//   cmake --preset release -DKEELBOAT_BENCHMARKS=ON
//   cmake --build --preset release --target mysql_read_bench
//   build/release/src/sources/mysql/mysql_read_bench

#include <memory>
#include <stdexcept>
#include <string>

#include <arrow/type.h>
#include <benchmark/benchmark.h>
#include <mysql.h>

#include "sources/mysql/mysql_source.h"
#include "support/mariadb_server.h"

namespace keelboat {
namespace {

using testing::MariadbServer;

constexpr int kRows = 1000000;

// Doubles and short text (Olist's geolocation); decimals, dates and text (TPC-H's
// lineitem); hexadecimal keys and date-times (Olist's orders).
const char* const kTables[] = {"geolocation", "lineitem", "orders"};

MariadbServer& FilledServer() {
  static MariadbServer& server = []() -> MariadbServer& {
    MariadbServer& empty = MariadbServer::Shared();
    std::string series = " FROM seq_1_to_" + std::to_string(kRows) + ";";
    empty.Run(
        "CREATE TABLE geolocation (zip VARCHAR(8), lat DOUBLE, lng DOUBLE, "
        "city VARCHAR(40), state CHAR(2));"
        "INSERT INTO geolocation SELECT LPAD(seq % 100000, 5, '0'), -23.5 + RAND(1) * "
        "10, "
        "-46.6 + RAND(2) * 10, ELT(1 + seq % 4, 'sao paulo', 'são paulo', 'curitiba', "
        "'brasília'), ELT(1 + seq % 4, 'SP', 'RJ', 'PR', 'MG')" +
        series +
        "CREATE TABLE lineitem (orderkey INT NOT NULL, line INT NOT NULL, part INT NOT "
        "NULL, supplier INT NOT NULL, quantity DECIMAL(15,2) NOT NULL, price "
        "DECIMAL(15,2) "
        "NOT NULL, discount DECIMAL(15,2) NOT NULL, tax DECIMAL(15,2) NOT NULL, flag "
        "CHAR(1) NOT NULL, status CHAR(1) NOT NULL, shipped DATE NOT NULL, committed "
        "DATE "
        "NOT NULL, received DATE NOT NULL, instructions CHAR(25) NOT NULL, mode CHAR(10) "
        "NOT NULL, comment VARCHAR(44) NOT NULL, PRIMARY KEY (orderkey, line));"
        "INSERT INTO lineitem SELECT seq DIV 4, seq % 4, seq * 7 % 200000, seq * 11 % "
        "10000, 1 + seq % 50, 900 + seq % 100000 / 100, seq % 11 / 100, seq % 9 / 100, "
        "'N', 'O', DATE'1992-01-01' + INTERVAL seq % 2500 DAY, DATE'1992-02-01' + "
        "INTERVAL "
        "seq % 2500 DAY, DATE'1992-03-01' + INTERVAL seq % 2500 DAY, 'DELIVER IN "
        "PERSON', "
        "'TRUCK', CONCAT('carefully final deposits ', seq)" +
        series +
        "CREATE TABLE orders (id CHAR(32) PRIMARY KEY, customer CHAR(32) NOT NULL, "
        "status "
        "VARCHAR(20), bought DATETIME, approved DATETIME, carried DATETIME, delivered "
        "DATETIME, estimated DATETIME);"
        "INSERT INTO orders SELECT MD5(seq), MD5(seq + 7), 'delivered', NOW() - INTERVAL "
        "seq SECOND, NOW(), NOW(), IF(seq % 10 = 0, NULL, NOW()), NOW()" +
        series);
    return empty;
  }();
  return server;
}

MYSQL* Connect() {
  MYSQL* handle = mysql_init(nullptr);
  if (mysql_real_connect(handle, "127.0.0.1", MariadbServer::kUser,
                         MariadbServer::kPassword, MariadbServer::kDatabase,
                         FilledServer().port(), nullptr, 0) == nullptr) {
    throw std::runtime_error(mysql_error(handle));
  }
  return handle;
}

void Report(benchmark::State& state, int64_t rows) {
  if (rows != kRows * state.iterations()) state.SkipWithError("rows are missing");
  state.SetItemsProcessed(rows);
  state.SetLabel(kTables[state.range(0)]);
}

void DrainText(benchmark::State& state) {
  MYSQL* handle = Connect();
  std::string query = std::string("SELECT * FROM ") + kTables[state.range(0)];
  int64_t rows = 0;
  for (auto _ : state) {
    mysql_query(handle, query.c_str());
    MYSQL_RES* result = mysql_use_result(handle);
    while (mysql_fetch_row(result) != nullptr) ++rows;
    mysql_free_result(result);
  }
  mysql_close(handle);
  Report(state, rows);
}

void DrainBinary(benchmark::State& state) {
  MYSQL* handle = Connect();
  std::string query = std::string("SELECT * FROM ") + kTables[state.range(0)];
  MYSQL_STMT* statement = mysql_stmt_init(handle);
  mysql_stmt_prepare(statement, query.data(), query.size());
  int64_t rows = 0;
  for (auto _ : state) {
    mysql_stmt_execute(statement);
    while (mysql_net_read_packet(handle) != packet_error &&
           handle->net.read_pos[0] != 0xFE) {
      ++rows;
    }
    handle->status = MYSQL_STATUS_READY;
  }
  mysql_stmt_close(statement);
  mysql_close(handle);
  Report(state, rows);
}

void ReadBatches(benchmark::State& state) {
  MysqlOptions options;
  options.name = "shop";
  options.port = FilledServer().port();
  options.user = MariadbServer::kUser;
  options.password = MariadbServer::kPassword;
  options.database = MariadbServer::kDatabase;
  options.tls = MysqlTlsMode::kDisabled;
  auto source = MakeMysqlSource(options).ValueOrDie();
  Relation relation = source->DescribeTable(kTables[state.range(0)], {}).ValueOrDie();
  Partition partition;
  partition.table = relation.table;
  partition.columns = relation.schema->field_names();
  int64_t rows = 0;
  for (auto _ : state) {
    auto reader = source->Read(relation, partition, {}).ValueOrDie();
    std::shared_ptr<arrow::RecordBatch> batch;
    while (reader->ReadNext(&batch).ok() && batch != nullptr) rows += batch->num_rows();
  }
  Report(state, rows);
}

BENCHMARK(DrainText)->DenseRange(0, 2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(DrainBinary)->DenseRange(0, 2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(ReadBatches)->DenseRange(0, 2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keelboat
