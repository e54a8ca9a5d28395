#include "contracts/mask.h"

#include <array>
#include <string>
#include <string_view>

#include <arrow/array/array_binary.h>
#include <arrow/array/builder_binary.h>
#include <arrow/compute/exec.h>
#include <arrow/datum.h>
#include <arrow/util/utf8.h>
#include <openssl/evp.h>

#include "contracts/cell_text.h"
#include "contracts/compute.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr std::size_t kDigestBytes = 32;

/// SHA-256 with one context for many values.
class Digester {
 public:
  static arrow::Result<Digester> Make() {
    Digester made;
    made.context_.reset(EVP_MD_CTX_new());
    made.algorithm_.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    if (made.context_ == nullptr || made.algorithm_ == nullptr) {
      return MakeError(ErrorKind::kInternal, "libcrypto has no SHA-256");
    }
    return made;
  }

  /// 64 lower-case hexadecimal digits, valid until the next call.
  arrow::Result<std::string_view> Hex(std::string_view bytes) {
    std::array<unsigned char, kDigestBytes> digest;
    if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) {
      return MakeError(ErrorKind::kInternal, "computing SHA-256");
    }
    constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < digest.size(); ++i) {
      hex_[2 * i] = kDigits[digest[i] >> 4];
      hex_[2 * i + 1] = kDigits[digest[i] & 15];
    }
    return std::string_view(hex_.data(), hex_.size());
  }

 private:
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  struct FreeAlgorithm {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  };
  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
  std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm_;
  std::array<char, 2 * kDigestBytes> hex_{};
};

template <typename BytesArray>
arrow::Result<std::shared_ptr<arrow::Array>> HashBytes(const BytesArray& values) {
  ARROW_ASSIGN_OR_RAISE(Digester digester, Digester::Make());
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(values.length()));
  ARROW_RETURN_NOT_OK(
      builder.ReserveData((values.length() - values.null_count()) * 2 * kDigestBytes));
  for (int64_t row = 0; row < values.length(); ++row) {
    if (values.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(std::string_view hex, digester.Hex(values.GetView(row)));
    builder.UnsafeAppend(hex);
  }
  return builder.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> HashText(
    const std::shared_ptr<arrow::Array>& texts) {
  ARROW_RETURN_NOT_OK(PrepareCompute());
  ARROW_ASSIGN_OR_RAISE(arrow::Datum trimmed,
                        arrow::compute::CallFunction("utf8_trim_whitespace", {texts}));
  ARROW_ASSIGN_OR_RAISE(arrow::Datum lowered,
                        arrow::compute::CallFunction("utf8_lower", {trimmed}));
  return HashBytes(static_cast<const arrow::StringArray&>(*lowered.make_array()));
}

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

void AppendPartial(std::string_view text, std::string* masked) {
  int64_t characters = 0;
  std::size_t second = text.size();
  std::size_t last = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!StartsCharacter(text[i])) continue;
    if (++characters == 2) second = i;
    last = i;
  }
  if (characters <= 2) {
    masked->append(static_cast<std::size_t>(characters), '*');
    return;
  }
  masked->append(text.substr(0, second));
  masked->append(static_cast<std::size_t>(characters - 2), '*');
  masked->append(text.substr(last));
}

arrow::Result<std::shared_ptr<arrow::Array>> PartialText(
    const arrow::StringArray& texts) {
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(texts.length()));
  std::string masked;
  for (int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    masked.clear();
    AppendPartial(texts.GetView(row), &masked);
    ARROW_RETURN_NOT_OK(builder.Append(masked));
  }
  return builder.Finish();
}

/// Arrow's text functions leave bytes that are not UTF-8 to chance.
arrow::Status CheckUtf8(const arrow::StringArray& texts) {
  arrow::util::InitializeUTF8();
  for (int64_t row = 0; row < texts.length(); ++row) {
    const std::string_view text = texts.GetView(row);
    if (!arrow::util::ValidateUTF8(text)) {
      return MakeError(ErrorKind::kData, "masking: a value is not valid UTF-8");
    }
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::shared_ptr<arrow::Array>> MaskColumn(
    const std::shared_ptr<arrow::Array>& column, MaskKind kind) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> dense, DenseColumn(column));
  if (kind == MaskKind::kHash && dense->type_id() == arrow::Type::BINARY) {
    return HashBytes(static_cast<const arrow::BinaryArray&>(*dense));
  }
  if (kind == MaskKind::kHash && dense->type_id() == arrow::Type::LARGE_BINARY) {
    return HashBytes(static_cast<const arrow::LargeBinaryArray&>(*dense));
  }
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> texts, TextColumn(dense));
  const auto& strings = static_cast<const arrow::StringArray&>(*texts);
  ARROW_RETURN_NOT_OK(CheckUtf8(strings));
  if (kind == MaskKind::kPartial) return PartialText(strings);
  return HashText(texts);
}

}  // namespace keelboat
