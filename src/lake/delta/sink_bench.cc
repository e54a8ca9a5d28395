// How fast batches become a file: rows of the width of an order, 1 M of them.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <benchmark/benchmark.h>

#include "lake/delta/delta_lake.h"
#include "support/lake_fixture.h"

namespace keelboat {
namespace {

constexpr int64_t kBatchRows = 64 << 10;
constexpr int kBatches = 16;

std::shared_ptr<arrow::RecordBatch> Orders() {
  arrow::StringBuilder key;
  arrow::StringBuilder status;
  arrow::TimestampBuilder at(arrow::timestamp(arrow::TimeUnit::MICRO),
                             arrow::default_memory_pool());
  arrow::Decimal128Builder price(arrow::decimal128(10, 2));
  arrow::Int32Builder zip;
  uint64_t state = 88172645463325252u;
  for (int64_t row = 0; row < kBatchRows; ++row) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    char hex[40];
    std::snprintf(hex, sizeof hex, "%016lx%016lx", state, state * 0x9E3779B97F4A7C15u);
    (void)key.Append(hex, 32);
    (void)status.Append(state % 50 == 0 ? "shipped" : "delivered");
    (void)at.Append(
        static_cast<int64_t>(1'500'000'000'000'000 + state % 60'000'000 * 1'000'000));
    (void)price.Append(arrow::Decimal128(static_cast<int64_t>(state % 100'000)));
    (void)zip.Append(static_cast<int32_t>(state % 19'000));
  }
  arrow::ArrayVector columns;
  for (arrow::ArrayBuilder* builder :
       std::initializer_list<arrow::ArrayBuilder*>{&key, &status, &at, &price, &zip}) {
    columns.push_back(builder->Finish().ValueOrDie());
  }
  return arrow::RecordBatch::Make(
      arrow::schema({arrow::field("key", arrow::utf8(), false),
                     arrow::field("status", arrow::utf8()),
                     arrow::field("at", columns[2]->type()),
                     arrow::field("price", columns[3]->type()),
                     arrow::field("zip", arrow::int32())}),
      kBatchRows, columns);
}

void WriteOrders(benchmark::State& state) {
  TemporaryFolder folder;
  auto table = MakeDeltaLake(MakeLocalStore(folder.path() + "/lake").ValueOrDie())
                   .ValueOrDie()
                   ->Table("orders")
                   .ValueOrDie();
  auto batch = Orders();
  int64_t bytes = 0;
  for (auto _ : state) {
    SinkOptions options;
    options.schema = batch->schema();
    options.run_id = "bench";
    auto sink = table->NewSink(options).ValueOrDie();
    for (int i = 0; i < kBatches; ++i) {
      if (!sink->Write(*batch).ok()) state.SkipWithError("write");
    }
    auto receipt = sink->Finish().ValueOrDie();
    bytes = receipt.bytes;
    (void)table->Discard({receipt});
  }
  state.SetItemsProcessed(state.iterations() * kBatches * kBatchRows);
  state.counters["file_MB"] = static_cast<double>(bytes) / 1e6;
}
BENCHMARK(WriteOrders)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keelboat
