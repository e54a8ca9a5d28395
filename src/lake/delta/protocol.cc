#include "lake/delta/protocol.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "keelboat/error.h"

namespace keelboat::delta {
namespace {

constexpr const char* kTimestampNtz = "timestampNtz";
constexpr std::array<std::string_view, 2> kReaderFeatures = {kTimestampNtz,
                                                             "vacuumProtocolCheck"};
constexpr std::array<std::string_view, 4> kWriterFeatures = {
    kTimestampNtz, "vacuumProtocolCheck", "appendOnly", "invariants"};

// What each of the old writer versions brought; keelboat does not check them.
constexpr std::array<std::string_view, 7> kWriterVersions = {
    "",
    "",
    "",
    "checkConstraints",
    "changeDataFeed and generatedColumns",
    "columnMapping",
    "identityColumns"};

arrow::Status Unsupported(const std::string& verb, const std::string& feature) {
  return MakeError(ErrorKind::kUnsupported,
                   "the table uses " + feature + ", which keelboat does not " + verb +
                       ": use the tool that made the table, or drop the feature",
                   {{"feature", feature}});
}

template <typename Known>
arrow::Status CheckFeatures(const std::vector<std::string>& features, const Known& known,
                            const std::string& verb) {
  for (const std::string& feature : features) {
    if (std::find(known.begin(), known.end(), feature) == known.end()) {
      return Unsupported(verb, "the table feature " + feature);
    }
  }
  return arrow::Status::OK();
}

std::string Property(const Metadata& metadata, const char* key) {
  auto found = metadata.configuration.find(key);
  return found == metadata.configuration.end() ? "" : found->second;
}

void AddFeature(std::vector<std::string>* features, const char* feature) {
  if (std::find(features->begin(), features->end(), feature) == features->end()) {
    features->push_back(feature);
  }
}

}  // namespace

arrow::Status CheckReadable(const Protocol& protocol, const Metadata& metadata) {
  if (protocol.min_reader > 3) {
    return Unsupported("read", "reader version " + std::to_string(protocol.min_reader));
  }
  if (protocol.min_reader == 3) {
    ARROW_RETURN_NOT_OK(CheckFeatures(protocol.reader_features, kReaderFeatures, "read"));
  }
  const std::string mapping = Property(metadata, "delta.columnMapping.mode");
  if (!mapping.empty() && mapping != "none") return Unsupported("read", "columnMapping");
  if (!metadata.partition_columns.empty()) {
    return Unsupported("read",
                       "partition columns (" + metadata.partition_columns[0] +
                           (metadata.partition_columns.size() > 1 ? ", …)" : ")"));
  }
  return arrow::Status::OK();
}

arrow::Status CheckWritable(const Protocol& protocol, const Metadata& metadata) {
  ARROW_RETURN_NOT_OK(CheckReadable(protocol, metadata));
  if (protocol.min_writer > 7) {
    return Unsupported("write", "writer version " + std::to_string(protocol.min_writer));
  }
  if (protocol.min_writer == 7) {
    ARROW_RETURN_NOT_OK(
        CheckFeatures(protocol.writer_features, kWriterFeatures, "write"));
  } else if (protocol.min_writer > 2) {
    return Unsupported("write", "writer version " + std::to_string(protocol.min_writer) +
                                    " (" +
                                    std::string(kWriterVersions.at(
                                        static_cast<std::size_t>(protocol.min_writer))) +
                                    ")");
  }
  if (metadata.schema_json.find("\"delta.invariants\"") != std::string::npos) {
    return Unsupported("check", "column invariants");
  }
  return arrow::Status::OK();
}

Protocol ProtocolFor(const Protocol& current, bool has_timestamp_without_zone) {
  if (!has_timestamp_without_zone) return current;
  Protocol needed = current;
  if (needed.min_writer < 7) {
    needed.min_writer = 7;
    AddFeature(&needed.writer_features, "appendOnly");
    AddFeature(&needed.writer_features, "invariants");
  }
  needed.min_reader = std::max(needed.min_reader, 3);
  AddFeature(&needed.reader_features, kTimestampNtz);
  AddFeature(&needed.writer_features, kTimestampNtz);
  return needed;
}

}  // namespace keelboat::delta
