#include "warehouses/ledger_entry.h"

#include <array>

#include <openssl/evp.h>

#include "keelboat/error.h"

namespace keelboat {

arrow::Result<std::string> FilesDigest(const std::vector<LoadFile>& files) {
  std::string content;
  for (const LoadFile& file : files) {
    content += file.uri + "\n" + std::to_string(file.rows) + "\n";
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned length = 0;
  if (EVP_Digest(content.data(), content.size(), bytes.data(), &length, EVP_sha256(),
                 nullptr) != 1) {
    return MakeError(ErrorKind::kInternal, "SHA-256 is not available");
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

bool SameLoad(const LedgerEntry& left, const LedgerEntry& right) {
  return left.row.table == right.row.table && left.row.run_id == right.row.run_id &&
         left.row.lake_version == right.row.lake_version &&
         left.row.loaded_at == right.row.loaded_at &&
         left.files_sha256 == right.files_sha256;
}

arrow::Status CheckLedgerFormat(const std::string& ledger, int64_t format) {
  if (format <= kLedgerFormat) return arrow::Status::OK();
  return MakeError(ErrorKind::kUnsupported,
                   "the ledger " + ledger + " has format " + std::to_string(format) +
                       ", written by a newer keelboat: upgrade this one");
}

}  // namespace keelboat
