#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <arrow/result.h>
#include <nlohmann/json_fwd.hpp>

#include "core/clock.h"

namespace keelboat::delta {

/// What readers and writers of a table must understand.
struct Protocol {
  int min_reader = 1;
  int min_writer = 2;
  std::vector<std::string> reader_features;  ///< Only with min_reader 3.
  std::vector<std::string> writer_features;  ///< Only with min_writer 7.
  bool operator==(const Protocol&) const = default;
};

struct Metadata {
  std::string id;  ///< A UUID, the same for the table's whole life.
  std::string name;
  std::string description;
  std::string schema_json;
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::optional<int64_t> created_ms;
  bool operator==(const Metadata&) const = default;
};

/// How far an application has come; a commit that repeats it is not made again.
struct Transaction {
  std::string app_id;
  int64_t version = 0;
  std::optional<int64_t> updated_ms;
};

/// Paths are as the log spells them: relative, percent-encoded.
struct AddFile {
  std::string path;
  int64_t size = 0;
  int64_t modified_ms = 0;
  bool data_change = true;
  std::string stats;
  std::map<std::string, std::string> tags;
};

struct RemoveFile {
  std::string path;
  std::optional<int64_t> deleted_ms;
  bool data_change = true;
  std::optional<int64_t> size;
};

struct CommitInfo {
  std::string json;  ///< The whole object.
  std::string transaction_id;
  int64_t timestamp_ms = 0;
};

using Action =
    std::variant<CommitInfo, Protocol, Metadata, Transaction, RemoveFile, AddFile>;

/// \brief Reads one action: {"add": {…}}.
///
/// nullopt for actions that a reader may ignore (cdc, domainMetadata, …). Errors: kData
/// for a missing or wrong field; kUnsupported for a deletion vector, a partition value
/// or a file outside the table's folder.
arrow::Result<std::optional<Action>> ActionFromJson(const nlohmann::json& json);

/// The reverse of ActionFromJson.
nlohmann::json ActionToJson(const Action& action);

/// \brief Reads the lines of a commit. An error names the line.
arrow::Result<std::vector<Action>> ParseCommit(const std::string& text);

/// One action a line.
std::string FormatCommit(const std::vector<Action>& actions);

int64_t ToMilliseconds(SystemTime time);
SystemTime FromMilliseconds(int64_t milliseconds);

}  // namespace keelboat::delta
