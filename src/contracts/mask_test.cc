#include "contracts/mask.h"

#include <string>
#include <vector>

#include <arrow/array/array_binary.h>
#include <arrow/array/builder_binary.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

std::vector<std::string> Masked(const std::shared_ptr<arrow::DataType>& type,
                                const std::string& json, MaskKind kind) {
  auto column = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
  auto masked = MaskColumn(column, kind);
  if (!masked.ok()) return {masked.status().message()};
  EXPECT_EQ((*masked)->type_id(), arrow::Type::STRING);
  EXPECT_TRUE((*masked)->ValidateFull().ok());
  std::vector<std::string> texts;
  for (int64_t row = 0; row < (*masked)->length(); ++row) {
    const auto& strings = static_cast<const arrow::StringArray&>(**masked);
    texts.push_back(strings.IsNull(row) ? "NULL" : strings.GetString(row));
  }
  return texts;
}

using Texts = std::vector<std::string>;

// The digests below are sha256sum's of the texts named beside them.
constexpr const char* kSaoPaulo =
    "577abdbf90dadd651458eee7576c6e3684b5c27beabd465cc4bb3c42441b5b38";

TEST(Mask, HashesTheTrimmedLowerCasedText) {
  const Texts hashes = Masked(
      arrow::utf8(), R"(["são paulo", "  SÃO Paulo\n", "\u00a0São PAULO\t", null, ""])",
      MaskKind::kHash);
  ASSERT_EQ(hashes.size(), 5U);
  EXPECT_EQ(hashes[0], kSaoPaulo);
  EXPECT_EQ(hashes[1], kSaoPaulo);
  EXPECT_EQ(hashes[2], kSaoPaulo);
  EXPECT_EQ(hashes[3], "NULL");
  // Of nothing.
  EXPECT_EQ(hashes[4],
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Mask, KeepsFirstAndLastCharacter) {
  EXPECT_EQ(
      Masked(arrow::utf8(),
             R"(["Maria", "São", "abc", "ab", "a", "", null, "éàü", "😀x😀", "éé"])",
             MaskKind::kPartial),
      (Texts{"M***a", "S*o", "a*c", "**", "*", "", "NULL", "é*ü", "😀*😀", "**"}));
}

TEST(Mask, MasksOtherTypesByTheirText) {
  EXPECT_EQ(Masked(arrow::int64(), "[12345, -7, null]", MaskKind::kPartial),
            (Texts{"1***5", "**", "NULL"}));
  EXPECT_EQ(Masked(arrow::date32(), "[0]", MaskKind::kPartial), (Texts{"1********1"}));
  EXPECT_EQ(Masked(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["Maria", null])",
                   MaskKind::kPartial),
            (Texts{"M***a", "NULL"}));
  // sha256sum of "1.50".
  EXPECT_EQ(Masked(arrow::decimal128(10, 2), R"(["1.50"])", MaskKind::kHash),
            Masked(arrow::utf8(), R"(["1.50"])", MaskKind::kHash));
  EXPECT_EQ(Masked(arrow::large_utf8(), R"(["Rio"])", MaskKind::kHash),
            Masked(arrow::utf8(), R"(["rio"])", MaskKind::kHash));
}

TEST(Mask, HashesBytesAsTheyAre) {
  // sha256sum of "ABC".
  EXPECT_EQ(Masked(arrow::binary(), R"(["ABC"])", MaskKind::kHash),
            (Texts{"b5d4045c3f466fa91fe2cc6abe79232a1a57cdf104f7a26e716e0a1e2789df78"}));
}

TEST(Mask, RefusesTextThatIsNotUtf8) {
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.Append("ok").ok());
  ASSERT_TRUE(builder.Append("\xC3(").ok());
  auto column = builder.Finish().ValueOrDie();
  for (MaskKind kind : {MaskKind::kHash, MaskKind::kPartial}) {
    auto masked = MaskColumn(column, kind);
    ASSERT_FALSE(masked.ok());
    EXPECT_EQ(KindOf(masked.status()), ErrorKind::kData);
  }
}

TEST(Mask, ReadsASliceFromItsStart) {
  auto column =
      arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["first", "Maria", null])")
          .ValueOrDie()
          ->Slice(1);
  auto masked = MaskColumn(column, MaskKind::kPartial).ValueOrDie();
  ASSERT_EQ(masked->length(), 2);
  EXPECT_EQ(static_cast<const arrow::StringArray&>(*masked).GetView(0), "M***a");
  EXPECT_TRUE(masked->IsNull(1));
}

}  // namespace
}  // namespace keelboat
