// How fast exports become batches, against a walk of simdjson's on-demand parser over the
// same bytes that takes every value and keeps none.

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <benchmark/benchmark.h>

#include "sources/metabase/export_decoder.h"

namespace keelboat::metabase {
namespace {

constexpr int kRows = 200'000;

class TextStream final : public ByteStream {
 public:
  explicit TextStream(const std::string* text) : text_(text) {}
  arrow::Result<int64_t> Read(char* out, int64_t capacity) override {
    // As much as a socket gives at once.
    auto size = std::min(
        {static_cast<std::size_t>(capacity), text_->size() - at_, std::size_t{64} << 10});
    std::memcpy(out, text_->data() + at_, size);
    at_ += size;
    return static_cast<int64_t>(size);
  }

 private:
  const std::string* text_;
  std::size_t at_ = 0;
};

// Twelve columns as those of the sample's orders, in the order of Clojure's hashes.
const std::string& Export() {
  static const std::string kText = [] {
    std::string text = "[\n";
    uint64_t random = 1;
    for (int row = 0; row < kRows; ++row) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      const uint64_t bits = random >> 20;
      text += row == 0 ? "" : ",\n";
      text += R"({"c8":)" + std::to_string(bits % 12 + 1);
      text += R"(,"c0":)" + std::to_string(row * 3 + 1);
      text += R"(,"c2":)" + std::to_string(bits % 1'000'000);
      text += R"(,"c3":")" + std::string(bits % 3 == 0 ? "Tehran" : "Malmö") + '"';
      text += R"(,"c4":"delivered")";
      text += R"(,"c5":)" + std::to_string(1'704'067'200'000 + bits % 63'072'000'000);
      text +=
          R"(,"c6":)" + (bits % 4 == 0 ? "null" : std::to_string(1'704'067'200 + row));
      text += R"(,"c7":)" + std::to_string(19'723 + bits % 730);
      text += R"(,"c9":)" + std::to_string(bits % 9999) + ".25";
      text += R"(,"c10":)" + std::to_string(static_cast<double>(bits % 1000) / 7);
      text += R"(,"c11":")";
      text += (bits % 97 == 0 ? R"(said \"soon\",\nthen left)" : "note ") +
              std::to_string(bits % 100'000) + '"';
      text += R"(,"c1":)" + std::to_string(bits % 5000) + '}';
    }
    return text + "\n]";
  }();
  return kText;
}

ExportColumn Column(const char* key, std::shared_ptr<arrow::DataType> type, CellForm form,
                    int64_t epoch_unit = 1) {
  ExportColumn column{key, key, {}};
  column.type.arrow = std::move(type);
  column.type.form = form;
  column.type.epoch_unit = epoch_unit;
  return column;
}

std::vector<ExportColumn> Columns() {
  auto moment = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  return {Column("c0", arrow::uint64(), CellForm::kInteger),
          Column("c1", arrow::uint32(), CellForm::kInteger),
          Column("c2", arrow::uint64(), CellForm::kInteger),
          Column("c3", arrow::utf8(), CellForm::kText),
          Column("c4", arrow::utf8(), CellForm::kText),
          Column("c5", moment, CellForm::kTimestamp, 1000),
          Column("c6", moment, CellForm::kTimestamp, 1'000'000),
          Column("c7", arrow::date32(), CellForm::kDate),
          Column("c8", arrow::uint8(), CellForm::kInteger),
          Column("c9", arrow::decimal128(12, 2), CellForm::kDecimal),
          Column("c10", arrow::float64(), CellForm::kFloat),
          Column("c11", arrow::utf8(), CellForm::kText)};
}

void Decode(benchmark::State& state) {
  const std::string& text = Export();
  arrow::FieldVector fields;
  for (const ExportColumn& column : Columns()) {
    fields.push_back(arrow::field(column.key, column.type.arrow));
  }
  auto schema = arrow::schema(std::move(fields));
  for (auto _ : state) {
    auto decoder = ExportDecoder::Make(std::make_unique<TextStream>(&text), Columns(),
                                       schema, arrow::default_memory_pool())
                       .ValueOrDie();
    while (auto batch = decoder->Next().ValueOrDie()) benchmark::DoNotOptimize(batch);
    if (decoder->rows() != kRows) state.SkipWithError("rows are missing");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(Decode)->Unit(benchmark::kMillisecond);

void BareWalk(benchmark::State& state) {
  const simdjson::padded_string text(Export());
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    int64_t rows = 0;
    uint64_t sum = 0;
    simdjson::ondemand::document document = parser.iterate(text);
    for (simdjson::ondemand::object row : document.get_array()) {
      for (auto field : row) {
        sum += field.key().raw()[1];
        simdjson::ondemand::value value = field.value();
        switch (value.type()) {
          case simdjson::ondemand::json_type::number:
            sum += static_cast<uint64_t>(value.get_double().value());
            break;
          case simdjson::ondemand::json_type::string:
            sum += value.get_string().value().size();
            break;
          default:
            sum += value.is_null() ? 1 : 0;
        }
      }
      ++rows;
    }
    benchmark::DoNotOptimize(sum);
    if (rows != kRows) state.SkipWithError("rows are missing");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(BareWalk)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keelboat::metabase
