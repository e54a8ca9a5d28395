#include "lake/delta/verify_files.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "core/stop.h"
#include "formats/parquet/reader.h"
#include "formats/parquet/value_statistics.h"
#include "keelboat/error.h"
#include "lake/delta/hashing_stream.h"
#include "lake/delta/statistics_json.h"

namespace keelboat {
namespace {

using Finding = std::optional<std::string>;
using Json = nlohmann::json;

// Files of other programs have none.
bool IsOwn(const DataFile& file) { return !file.checksum.empty(); }

arrow::Result<std::string> ChecksumOf(arrow::io::RandomAccessFile& file,
                                      const std::stop_token& stop) {
  constexpr int64_t kChunk = int64_t{1} << 20;
  ARROW_ASSIGN_OR_RAISE(
      auto hashing,
      delta::HashingStream::Make(std::make_shared<arrow::io::MockOutputStream>()));
  while (true) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    ARROW_ASSIGN_OR_RAISE(auto chunk, file.Read(kChunk));
    if (chunk->size() == 0) break;
    ARROW_RETURN_NOT_OK(hashing->Write(chunk->data(), chunk->size()));
  }
  return hashing->Checksum();
}

arrow::Result<Finding> VerifyBytes(const DataFile& file,
                                   arrow::io::RandomAccessFile& bytes,
                                   const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(int64_t size, bytes.GetSize());
  if (size != file.bytes) {
    return Finding("it has " + std::to_string(size) + " bytes, " +
                   std::to_string(file.bytes) + " were committed");
  }
  if (!IsOwn(file)) return Finding();
  ARROW_ASSIGN_OR_RAISE(std::string checksum, ChecksumOf(bytes, stop));
  if (checksum == file.checksum) return Finding();
  return Finding("its bytes are not those that were committed: they have " + checksum +
                 ", " + file.checksum + " was committed");
}

// The first column whose member differs, for people.
std::string FirstDifference(const Json& stated, const Json& found) {
  for (const char* part : {"numRecords", "nullCount", "minValues", "maxValues"}) {
    const Json said = stated.contains(part) ? stated[part] : Json();
    const Json is = found.contains(part) ? found[part] : Json();
    if (said == is) continue;
    if (!said.is_object() || !is.is_object()) {
      return std::string(part) + " is " + is.dump() + ", the log says " + said.dump();
    }
    for (const auto& [column, value] : is.items()) {
      if (said.contains(column) && said[column] == value) continue;
      return std::string(part) + " of column '" + column + "' is " + value.dump() +
             ", the log says " +
             (said.contains(column) ? said[column].dump() : "nothing");
    }
  }
  return "the log's statistics differ";
}

// Of another program's statistics what every program spells alike.
Finding CompareCounts(const Json& stated, const ValueStatistics& values,
                      const arrow::Schema& schema) {
  auto nulls = stated.find("nullCount");
  if (nulls == stated.end() || !nulls->is_object()) return std::nullopt;
  const std::vector<ColumnStatistics> columns = values.Columns();
  for (int index = 0; index < schema.num_fields(); ++index) {
    const std::string& name = schema.field(index)->name();
    auto said = nulls->find(name);
    if (said == nulls->end() || !said->is_number_integer()) continue;
    const int64_t count = columns[static_cast<std::size_t>(index)].null_count;
    if (said->get<int64_t>() == count) continue;
    return "column '" + name + "' has " + std::to_string(count) +
           " nulls, the log says " + said->dump();
  }
  return std::nullopt;
}

Finding CompareStatistics(const DataFile& file, const ValueStatistics& values,
                          const arrow::Schema& schema) {
  if (file.stats.empty()) return std::nullopt;
  const Json stated = Json::parse(file.stats, nullptr, /*allow_exceptions=*/false);
  if (!stated.is_object()) return "the log's statistics of it are not JSON";
  if (!IsOwn(file)) return CompareCounts(stated, values, schema);
  ParquetFileInfo info;
  info.rows = values.rows();
  info.columns = values.Columns();
  const std::string found = delta::StatisticsJson(schema, info);
  if (found == file.stats) return std::nullopt;
  const Json json = Json::parse(found, nullptr, /*allow_exceptions=*/false);
  return "its values are not those that were committed: " + FirstDifference(stated, json);
}

arrow::Result<Finding> VerifyValues(const DataFile& file,
                                    std::shared_ptr<arrow::io::RandomAccessFile> bytes,
                                    const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto reader, ParquetReader::Make(std::move(bytes), {}));
  auto rows_differ = [&](int64_t rows, const char* where) {
    return Finding(std::string(where) + std::to_string(rows) + " rows, " +
                   std::to_string(file.rows) + " were committed");
  };
  if (reader->rows() != file.rows) return rows_differ(reader->rows(), "its footer says ");
  ValueStatistics values(reader->schema()->num_fields());
  while (true) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
    if (batch == nullptr) break;
    arrow::Status added = values.Add(*batch);
    // A type that keelboat does not write: another program's, with nothing to compare.
    if (!added.ok() && !IsOwn(file)) return Finding();
    ARROW_RETURN_NOT_OK(added);
  }
  if (values.rows() != file.rows) return rows_differ(values.rows(), "it holds ");
  return CompareStatistics(file, values, *reader->schema());
}

arrow::Result<Finding> VerifyContent(const LakeTable& table, const DataFile& file,
                                     const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto bytes, table.OpenFile(file));
  ARROW_ASSIGN_OR_RAISE(Finding finding, VerifyBytes(file, *bytes, stop));
  if (finding) return finding;
  return VerifyValues(file, std::move(bytes), stop);
}

int64_t BaseVersionOf(const LakeSnapshot& snapshot) {
  int64_t base = 0;
  auto found = snapshot.configuration.find(kBaseVersionKey);
  if (found != snapshot.configuration.end()) {
    const std::string& text = found->second;
    std::from_chars(text.data(), text.data() + text.size(), base);
  }
  return base;
}

Finding VerifyVersion(const DataFile& file, const LakeSnapshot& snapshot) {
  if (file.rows_version == kMixedVersions) {
    return "another program put rows of several commits into it, so it cannot be told "
           "which row of a key is the newest: load the table in full (--full-refresh)";
  }
  const int64_t base = BaseVersionOf(snapshot);
  const bool too_old = IsOwn(file) && file.rows_version < base;
  if (file.rows_version >= 0 && file.rows_version <= snapshot.version && !too_old) {
    return std::nullopt;
  }
  return "its rows are said to be of version " + std::to_string(file.rows_version) +
         ", the table's are of versions " + std::to_string(base) + " to " +
         std::to_string(snapshot.version);
}

// Whether an error tells of the file, and not of what kept it from being read.
bool IsVerdict(const arrow::Status& status) {
  const ErrorKind kind = KindOf(status);
  return kind == ErrorKind::kData || kind == ErrorKind::kNotFound;
}

}  // namespace

arrow::Result<std::vector<FileFinding>> VerifyFiles(const LakeTable& table,
                                                    const LakeSnapshot& snapshot,
                                                    const std::stop_token& stop,
                                                    const VerifyProgress& progress) {
  std::vector<FileFinding> findings;
  std::map<std::string_view, std::string_view> path_of_checksum;
  int64_t files = 0;
  int64_t bytes = 0;
  for (const DataFile& file : snapshot.files) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    if (auto what = VerifyVersion(file, snapshot)) findings.push_back({file.path, *what});
    if (IsOwn(file)) {
      auto [other, fresh] = path_of_checksum.emplace(file.checksum, file.path);
      if (!fresh) {
        findings.push_back({file.path, "it is the same as " + std::string(other->second) +
                                           ": its rows are in the table twice"});
      }
    }
    auto content = VerifyContent(table, file, stop);
    if (!content.ok() && !IsVerdict(content.status())) {
      return AddContext(content.status(), "verifying " + file.uri);
    }
    if (!content.ok()) {
      const bool gone = KindOf(content.status()) == ErrorKind::kNotFound;
      findings.push_back({file.path, gone ? "it is missing: " + content.status().message()
                                          : content.status().message()});
    } else if (*content) {
      findings.push_back({file.path, **content});
    }
    ++files;
    bytes += file.bytes;
    if (progress) progress(files, bytes);
  }
  return findings;
}

}  // namespace keelboat
