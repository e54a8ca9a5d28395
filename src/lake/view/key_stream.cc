#include "lake/view/key_stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/stop.h"
#include "formats/parquet/reader.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

arrow::Status Visit(const LakeTable& table, const DataFile& file,
                    const std::vector<std::string>& key, const std::stop_token& stop,
                    const KeyVisitor& visit, const std::vector<std::string>& along) {
  std::vector<std::string> columns = key;
  for (const std::string& name : along) {
    if (std::find(key.begin(), key.end(), name) == key.end()) columns.push_back(name);
  }
  ARROW_ASSIGN_OR_RAISE(auto bytes, table.OpenFile(file));
  ARROW_ASSIGN_OR_RAISE(auto reader, ParquetReader::Make(std::move(bytes), columns));
  std::vector<KeyHash> hashes;
  int64_t rows = 0;
  while (true) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
    if (batch == nullptr) break;
    ARROW_RETURN_NOT_OK(HashKeys(*batch, key, &hashes));
    ARROW_RETURN_NOT_OK(visit(*batch, hashes));
    rows += batch->num_rows();
  }
  if (rows == file.rows) return arrow::Status::OK();
  return MakeError(ErrorKind::kData, "it has " + std::to_string(rows) + " rows of " +
                                         std::to_string(file.rows) +
                                         ": restore it, or load the table in full "
                                         "(--full-refresh)");
}

}  // namespace

arrow::Status VisitKeys(const LakeTable& table, const DataFile& file,
                        const std::vector<std::string>& key, const std::stop_token& stop,
                        const KeyVisitor& visit, const std::vector<std::string>& along) {
  return AddContext(Visit(table, file, key, stop, visit, along),
                    "reading keys of " + file.uri);
}

}  // namespace keelboat
