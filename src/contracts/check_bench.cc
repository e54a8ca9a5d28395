// How many cells a second each rule judges, on batches of the size that readers make.

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <benchmark/benchmark.h>

#include "contracts/contract.h"

namespace keelboat {
namespace {

constexpr int64_t kRows = 65'536;

std::shared_ptr<arrow::Array> Column(const arrow::DataType& type) {
  if (type.id() == arrow::Type::INT64) {
    arrow::Int64Builder builder;
    for (int64_t i = 0; i < kRows; ++i) (void)builder.Append(i);
    return builder.Finish().ValueOrDie();
  }
  if (type.id() == arrow::Type::DOUBLE) {
    arrow::DoubleBuilder builder;
    for (int64_t i = 0; i < kRows; ++i) {
      (void)builder.Append(static_cast<double>(i) / 100);
    }
    return builder.Finish().ValueOrDie();
  }
  if (type.id() == arrow::Type::DECIMAL128) {
    arrow::Decimal128Builder builder(arrow::decimal128(10, 2));
    for (int64_t i = 0; i < kRows; ++i) (void)builder.Append(arrow::Decimal128(i));
    return builder.Finish().ValueOrDie();
  }
  arrow::StringBuilder builder;
  constexpr char kDigits[] = "0123456789abcdef";
  for (int64_t i = 0; i < kRows; ++i) {
    // 32 hexadecimal digits, as the shop's keys.
    std::string text(32, '0');
    for (std::size_t at = 0; at < 16; ++at) {
      text[at] =
          kDigits[(static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15ULL >> (at * 4)) & 15];
    }
    (void)builder.Append(text);
  }
  return builder.Finish().ValueOrDie();
}

void Check(benchmark::State& state, const std::shared_ptr<arrow::DataType>& type,
           const std::string& rules) {
  auto schema = arrow::schema({arrow::field("c", type)});
  auto batch = arrow::RecordBatch::Make(schema, kRows, {Column(*type)});
  auto contract =
      Contract::Parse("{\"properties\": {\"c\": " + rules + "}}", "bench").ValueOrDie();
  auto checker = contract.Bind(schema, {}, "").ValueOrDie();
  for (auto _ : state) {
    auto checked = checker->Check(batch);
    if (!checked.ok()) state.SkipWithError("checking failed");
    benchmark::DoNotOptimize(checked);
  }
  if (!checker->violations().empty()) state.SkipWithError("the rows should be good");
  state.SetItemsProcessed(state.iterations() * kRows);
}

BENCHMARK_CAPTURE(Check, type, arrow::int64(), R"({"type": "integer"})");
BENCHMARK_CAPTURE(Check, range_of_integers, arrow::int64(),
                  R"({"type": "integer", "minimum": 0, "maximum": 100000})");
BENCHMARK_CAPTURE(Check, range_of_decimals, arrow::decimal128(10, 2),
                  R"({"minimum": 0, "maximum": 99999999.99})");
BENCHMARK_CAPTURE(Check, range_of_floats, arrow::float64(),
                  R"({"minimum": 0, "maximum": 1e9})");
BENCHMARK_CAPTURE(Check, multiple_of_floats, arrow::float64(), R"({"multipleOf": 0.01})");
BENCHMARK_CAPTURE(Check, length, arrow::utf8(), R"({"maxLength": 32})");
BENCHMARK_CAPTURE(Check, pattern, arrow::utf8(), R"({"pattern": "^[0-9a-f]{32}$"})");
BENCHMARK_CAPTURE(Check, hash, arrow::utf8(), R"({"x-mask": "hash"})");
BENCHMARK_CAPTURE(Check, partial, arrow::utf8(), R"({"x-mask": "partial"})");

}  // namespace
}  // namespace keelboat
