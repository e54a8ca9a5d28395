#include "sources/metabase/export_decoder.h"

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "keelboat/error.h"
#include "sources/metabase/text_stream.h"
#include "sources/source.h"

namespace keelboat::metabase {
namespace {

using testing::HasSubstr;

ExportColumn Column(std::string key, std::shared_ptr<arrow::DataType> type,
                    CellForm form) {
  ExportColumn column;
  column.name = "name of " + key;
  column.key = std::move(key);
  column.type.arrow = std::move(type);
  column.type.form = form;
  return column;
}

std::vector<ExportColumn> IdAndNote() {
  return {Column("c0", arrow::int64(), CellForm::kInteger),
          Column("c1", arrow::utf8(), CellForm::kText)};
}

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

arrow::Result<Batches> Decode(std::unique_ptr<ByteStream> stream,
                              std::vector<ExportColumn> columns) {
  arrow::FieldVector fields;
  for (const ExportColumn& column : columns) {
    fields.push_back(arrow::field(column.name, column.type.arrow));
  }
  ARROW_ASSIGN_OR_RAISE(auto decoder,
                        ExportDecoder::Make(std::move(stream), std::move(columns),
                                            arrow::schema(std::move(fields)),
                                            arrow::default_memory_pool()));
  Batches batches;
  while (true) {
    auto batch = decoder->Next();
    if (!batch.ok()) {
      EXPECT_EQ(decoder->Next().status(), batch.status()) << "the same error again";
      return batch.status();
    }
    if (*batch == nullptr) return batches;
    EXPECT_TRUE((*batch)->ValidateFull().ok());
    batches.push_back(*batch);
  }
}

arrow::Result<Batches> Decode(const std::string& text,
                              std::vector<ExportColumn> columns = IdAndNote(),
                              std::size_t block = 1 << 16) {
  return Decode(std::make_unique<TextStream>(text, block), std::move(columns));
}

std::string Rows(const arrow::Result<Batches>& batches) {
  if (!batches.ok()) {
    return std::string(ErrorKindName(KindOf(batches.status()))) + ": " +
           batches.status().message();
  }
  std::string text;
  for (const auto& batch : *batches) {
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      for (int i = 0; i < batch->num_columns(); ++i) {
        text += (i > 0 ? "," : "") +
                batch->column(i)->GetScalar(row).ValueOrDie()->ToString();
      }
      text += ";";
    }
  }
  return text;
}

TEST(ExportDecoder, ReadsRowsAsTheyAreWritten) {
  const std::string text =
      "[\n{\"c0\":1,\"c1\":\"a\"},\n{\"c0\":-2,\"c1\":null},\n{\"c0\":\"3\",\"c1\":\"\"}"
      "\n]";
  EXPECT_EQ(Rows(Decode(text)), "1,a;-2,null;3,;");
  // However the bytes arrive.
  for (std::size_t block : {1U, 2U, 3U, 7U, 20U}) {
    EXPECT_EQ(Rows(Decode(text, IdAndNote(), block)), "1,a;-2,null;3,;");
  }
}

TEST(ExportDecoder, KnowsAnEmptyResult) {
  EXPECT_EQ(Rows(Decode("[\n\n]")), "");
  EXPECT_EQ(Rows(Decode("[]")), "");
}

TEST(ExportDecoder, CountsRowsWithoutColumns) {
  auto batches = Decode("[\n{},\n{}\n]", {});
  ASSERT_TRUE(batches.ok()) << batches.status().ToString();
  ASSERT_EQ(batches->size(), 1u);
  EXPECT_EQ((*batches)[0]->num_rows(), 2);
}

TEST(ExportDecoder, TakesKeysInAnyOrder) {
  EXPECT_EQ(Rows(Decode("[\n{\"c1\":\"a\",\"c0\":1},\n{\"c1\":\"b\",\"c0\":2},\n"
                        "{\"c0\":3,\"c1\":\"c\"},\n{\"c1\" : \"d\" , \"c0\" : 4 }\n]")),
            "1,a;2,b;3,c;4,d;");
  auto columns =
      std::vector{Column("a \"b\"", arrow::int64(), CellForm::kInteger),
                  Column("a longer name than that", arrow::int64(), CellForm::kInteger)};
  EXPECT_EQ(Rows(Decode("[\n{\"a longer name than that\":1,\"a \\\"b\\\"\":2},\n"
                        "{\"a longer name than that\":3,\"a \\\"b\\\"\":4}\n]",
                        columns)),
            "2,1;4,3;");
}

TEST(ExportDecoder, RefusesRowsOfOtherColumns) {
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1}\n]")), HasSubstr("data: "));
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1,\"c1\":\"a\"},\n{\"c0\":1}\n]")),
              HasSubstr("1 of 2 columns, at row 2"));
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1,\"c0\":2}\n]")),
              HasSubstr("c0 stands there twice"));
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1,\"c1\":\"a\"},\n{\"c1\":\"b\",\"c1\":\"b\"}\n]")),
              HasSubstr("c1 stands there twice"));
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1,\"c1\":\"a\",\"c2\":2}\n]")),
              HasSubstr("conflict: the export has a column c2"));
}

TEST(ExportDecoder, TellsACutFromAnEnd) {
  const std::string whole =
      "[\n{\"c0\":1,\"c1\":\"a\"},\n{\"c0\":2,\"c1\":\"b, {c}\"}\n]";
  ASSERT_EQ(Rows(Decode(whole)), "1,a;2,b, {c};");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto cut = Decode(whole.substr(0, size));
    ASSERT_FALSE(cut.ok()) << size;
    EXPECT_EQ(KindOf(cut.status()), ErrorKind::kUnavailable)
        << size << ": " << cut.status().ToString();
  }
  auto reset = MakeError(ErrorKind::kUnavailable, "the connection was reset");
  EXPECT_EQ(Rows(Decode(std::make_unique<TextStream>(whole.substr(0, 30), 10, reset),
                        IdAndNote())),
            "unavailable: the connection was reset");
}

TEST(ExportDecoder, TellsACutOfALongBodyFromAnEnd) {
  std::string text = "[\n";
  for (int i = 0; i < 12'000; ++i) {
    text += (i > 0 ? ",\n{\"c0\":" : "{\"c0\":") + std::to_string(i) +
            ",\"c1\":\"a row's text, \\\"quoted\\\"\"}";
  }
  for (std::size_t size = 400'000; size < 400'120; ++size) {
    auto cut = Decode(text.substr(0, size));
    ASSERT_FALSE(cut.ok()) << size;
    EXPECT_EQ(KindOf(cut.status()), ErrorKind::kUnavailable)
        << size << ": " << cut.status().ToString();
  }
}

TEST(ExportDecoder, RefusesWhatStandsBehindTheEnd) {
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1,\"c1\":\"a\"}\n]\n[")),
              HasSubstr("data: the export is not what Metabase writes: something stands "
                        "behind its end"));
  EXPECT_EQ(Rows(Decode("[\n{\"c0\":1,\"c1\":\"a\"}\n]\n ")), "1,a;");
}

TEST(ExportDecoder, FindsTheServersErrorWhereverItStands) {
  const std::string error =
      R"({"status":"failed","class":"class x","error":"Memory limit exceeded","error_type":"db"})";
  for (const std::string& before :
       {std::string(), std::string("[\n"), std::string("[\n{\"c0\":1,\"c1\":\"a\"}"),
        std::string("[\n{\"c0\":1,\"c1\":\"a\"},\n"),
        std::string("[\n{\"c0\":1,\"c1\":\"a\"}\n]")}) {
    EXPECT_THAT(Rows(Decode(before + error)), HasSubstr("Memory limit exceeded"))
        << before;
  }
}

TEST(ExportDecoder, RefusesBytesThatAreNoJson) {
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1,\"c1\":\"\xC3(\"}\n]")), HasSubstr("no UTF-8"));
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":1,\"c1\":\"a\tb\"}\n]")), HasSubstr("data: "));
  for (const char* bad :
       {"<html>\n</html>\n", "[\n{\"c0\":1 \"c1\":\"a\"}\n]",
        "[\n{\"c0\":1,\"c1\":\"a\"};\n]", "[\n{\"c0\":1,\"c1\":\"\\x\"}\n]",
        "[\n{\"c0\":nul,\"c1\":\"a\"}\n]", "[\n{\"c0\":1,\"c1\":abc}\n]",
        "[\n{\"c0\",1,\"c1\":\"a\"}\n]", "[\n1,\n2\n]", "[\n{c0:1,\"c1\":\"a\"}\n]"}) {
    EXPECT_THAT(Rows(Decode(bad)), HasSubstr("data: ")) << bad;
  }
}

TEST(ExportDecoder, NamesTheValueThatContradictsItsColumn) {
  auto batches = Decode("[\n{\"c0\":1,\"c1\":\"a\"},\n{\"c0\":\"oops\",\"c1\":\"b\"}\n]");
  ASSERT_FALSE(batches.ok());
  EXPECT_EQ(KindOf(batches.status()), ErrorKind::kData);
  EXPECT_THAT(batches.status().message(),
              HasSubstr("column name of c0, row 2 of the piece: oops is no int64"));
  EXPECT_EQ(DetailOf(batches.status(), kMismatchedColumn), "name of c0");
  auto narrow = std::vector{Column("c0", arrow::uint8(), CellForm::kInteger)};
  EXPECT_EQ(Rows(Decode("[\n{\"c0\":255},\n{\"c0\":true}\n]", narrow)), "255;1;");
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":256}\n]", narrow)), HasSubstr("256 is no uint8"));
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":-1}\n]", narrow)), HasSubstr("-1 is no uint8"));
  narrow[0].type.nullable = false;
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":null}\n]", narrow)), HasSubstr("null is no uint8"));
  auto truth = std::vector{Column("c0", arrow::boolean(), CellForm::kBool)};
  EXPECT_EQ(Rows(Decode("[\n{\"c0\":true},\n{\"c0\":0},\n{\"c0\":null}\n]", truth)),
            "true;false;null;");
  EXPECT_THAT(Rows(Decode("[\n{\"c0\":2}\n]", truth)), HasSubstr("2 is no bool"));
}

TEST(ExportDecoder, KeepsAnyValueAsText) {
  auto columns = std::vector{Column("c0", arrow::utf8(), CellForm::kText)};
  EXPECT_EQ(
      Rows(Decode("[\n{\"c0\":1.50},\n{\"c0\":true},\n{\"c0\":{\"a\":[1,\"x, }\"]}},\n"
                  "{\"c0\":[]},\n{\"c0\":\"\\u00e9 \\\"x\\\" 😀\"}\n]",
                  columns)),
      "1.50;true;{\"a\":[1,\"x, }\"]};[];é \"x\" 😀;");
}

// Whatever comes: rows that are valid Arrow, or an error of the kinds that are meant.
TEST(ExportDecoder, SurvivesAnyBytes) {
  const std::string whole =
      "[\n{\"c0\":1,\"c1\":\"a \\\"b\\\" \\u00e9\"},\n{\"c0\":-22,\"c1\":null},\n"
      "{\"c0\":\"333\",\"c1\":{\"x\":[1,\"y\"]}},\n{\"c1\":\"\",\"c0\":4e1}\n]";
  ASSERT_EQ(Rows(Decode(whole)), "1,a \"b\" é;-22,null;333,{\"x\":[1,\"y\"]};40,;");
  static constexpr std::string_view kLetters = "{}[]\",:\\\n 0-9ntf\x01\xC3\xFFuc";
  std::mt19937 random(5);
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    for (unsigned changes = random() % 3 + 1; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      const char letter = kLetters[random() % kLetters.size()];
      switch (random() % 4) {
        case 0:
          text.erase(at, random() % 5);
          break;
        case 1:
          text.insert(at, 1, letter);
          break;
        default:
          text[at] = letter;
      }
      if (text.empty()) text = "[";
    }
    auto batches = Decode(text, IdAndNote(), random() % 7 + 1);
    if (batches.ok()) {
      ++read;
      continue;
    }
    const ErrorKind kind = KindOf(batches.status());
    EXPECT_TRUE(kind == ErrorKind::kData || kind == ErrorKind::kUnavailable ||
                kind == ErrorKind::kConflict)
        << text << ": " << batches.status().ToString();
  }
  EXPECT_GT(read, 100);
}

TEST(ExportDecoder, SplitsBatchesByRowsAndBytes) {
  constexpr int kRows = 70'000;
  std::string text = "[\n";
  for (int i = 0; i < kRows; ++i) {
    text += (i > 0 ? ",\n{\"c0\":" : "{\"c0\":") + std::to_string(i) +
            (i % 3 == 0 ? ",\"c1\":null}" : ",\"c1\":\"x" + std::to_string(i) + "\"}");
  }
  text += "\n]";
  auto batches = Decode(text).ValueOrDie();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0]->num_rows(), 65'520);
  int64_t next = 0;
  for (const auto& batch : batches) {
    const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
    const auto& notes = static_cast<const arrow::StringArray&>(*batch->column(1));
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++next) {
      ASSERT_EQ(ids.Value(row), next);
      ASSERT_EQ(notes.IsNull(row), next % 3 == 0);
      const std::string note = next % 3 == 0 ? "" : "x" + std::to_string(next);
      ASSERT_EQ(notes.GetString(row), note);
    }
  }
  EXPECT_EQ(next, kRows);
  // Rows far longer than a window.
  const std::string megabyte(1 << 20, 'm');
  std::string wide = "[\n";
  for (int i = 0; i < 40; ++i) {
    wide += (i > 0 ? ",\n{\"c0\":" : "{\"c0\":") + std::to_string(i) + ",\"c1\":\"" +
            megabyte + "\"}";
  }
  auto long_rows = Decode(wide + "\n]").ValueOrDie();
  ASSERT_EQ(long_rows.size(), 3u);
  EXPECT_EQ(long_rows[0]->num_rows(), 16);
  EXPECT_EQ(long_rows[2]->num_rows(), 8);
}

TEST(ExportDecoder, AsksOnceForTheMemoryOfTheRowsThatItExpects) {
  constexpr int64_t kRows = 100'000;
  std::string text = "[";
  for (int64_t i = 0; i < kRows; ++i) {
    text += (i > 0 ? ",\n{\"c0\":" : "{\"c0\":") + std::to_string(i) + "}";
  }
  text += "]";
  // What was allocated in all, over what the rows need.
  const auto waste = [&](int64_t expected) {
    arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
    auto schema = arrow::schema({arrow::field("name of c0", arrow::int64())});
    auto decoder = ExportDecoder::Make(std::make_unique<TextStream>(text),
                                       {Column("c0", arrow::int64(), CellForm::kInteger)},
                                       schema, &pool)
                       .ValueOrDie();
    decoder->Expect(expected);
    int64_t rows = 0;
    while (auto batch = decoder->Next().ValueOrDie()) rows += batch->num_rows();
    EXPECT_EQ(rows, kRows) << "of " << expected;
    return static_cast<double>(pool.total_bytes_allocated()) / (kRows * 8.0);
  };
  EXPECT_LT(waste(kRows), 1.01);
  EXPECT_GT(waste(0), 1.1) << "it grows with the rows";
  EXPECT_LT(waste(kRows - 10), 1.7) << "more come than were counted";
  EXPECT_LT(waste(kRows * 10), 1.5) << "fewer come";
}

TEST(ExportDecoder, TextsTellHowMuchRoomTheRestOfThemNeeds) {
  constexpr int64_t kRows = 50'000;
  std::string text = "[";
  int64_t bytes = kRows * (8 + 4);
  for (int64_t i = 0; i < kRows; ++i) {
    const std::string note(static_cast<std::size_t>(80 + i % 40), 'n');
    bytes += static_cast<int64_t>(note.size());
    text += (i > 0 ? ",\n{\"c0\":" : "{\"c0\":") + std::to_string(i) + ",\"c1\":\"" +
            note + "\"}";
  }
  text += "]";
  arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
  auto schema = arrow::schema({arrow::field("name of c0", arrow::int64()),
                               arrow::field("name of c1", arrow::utf8())});
  auto decoder = ExportDecoder::Make(std::make_unique<TextStream>(std::move(text)),
                                     IdAndNote(), schema, &pool)
                     .ValueOrDie();
  decoder->Expect(kRows);
  const auto batch = decoder->Next().ValueOrDie();
  ASSERT_EQ(batch->num_rows(), kRows);
  // Doubling from 4 KiB on would have taken twice as much.
  EXPECT_LT(pool.total_bytes_allocated(), bytes + bytes / 5);
}

}  // namespace
}  // namespace keelboat::metabase
