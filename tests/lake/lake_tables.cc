// A hand for the tests to move lake tables with.
//
//   lake_tables write LAKE TABLE FILE.arrow [--append] [--target-bytes N]
//               [--advance] [--tail FILE.arrow] [--removed PATH]... [--rows-version N]
//               [--configuration KEY=VALUE]... [--description TEXT] [--retry]
//               [--kill-at N]
//   lake_tables snapshot LAKE TABLE [VERSION]
//   lake_tables vacuum LAKE TABLE SECONDS [--dry-run] [--kill-at N]
//   lake_tables tables LAKE ""
//   lake_tables drop LAKE TABLE [--kill-at N]
//
// Each prints JSON; an error is {"kind", "message"} and exit code 1. --kill-at N ends the
// process with SIGKILL before the N-th call to the system that changes the disk; when
// there are fewer, everything happens.

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "lake/delta/delta_lake.h"
#include "lake/stores/local/local_store.h"

namespace {

using keelboat::DataFile;
using keelboat::ErrorKind;
using keelboat::LakeCommit;
using keelboat::LakeSnapshot;
using keelboat::LakeTable;
using Json = nlohmann::json;

// The system, until the n-th call.
class MortalPosix final : public keelboat::local::Posix {
 public:
  explicit MortalPosix(int64_t kill_at) : kill_at_(kill_at) {}

  int CreateFile(const std::string& path, int* descriptor) override {
    return Live().CreateFile(path, descriptor);
  }
  int Write(int descriptor, const void* bytes, std::size_t count) override {
    return Live().Write(descriptor, bytes, count);
  }
  int Sync(int descriptor) override { return Live().Sync(descriptor); }
  int Link(const std::string& from, const std::string& to) override {
    return Live().Link(from, to);
  }
  int Rename(const std::string& from, const std::string& to) override {
    return Live().Rename(from, to);
  }
  int Unlink(const std::string& path) override { return Live().Unlink(path); }
  int MakeFolder(const std::string& path) override { return Live().MakeFolder(path); }
  int RemoveFolder(const std::string& path) override { return Live().RemoveFolder(path); }
  int SyncFolder(const std::string& path) override { return Live().SyncFolder(path); }

 private:
  keelboat::local::Posix& Live() {
    if (++calls_ == kill_at_) ::kill(::getpid(), SIGKILL);
    return keelboat::local::Posix::System();
  }

  const int64_t kill_at_;
  int64_t calls_ = 0;
};

struct Arguments {
  std::vector<std::string> words;
  std::multimap<std::string, std::string> options;

  bool Has(const std::string& name) const { return options.count(name) != 0; }
  std::string Text(const std::string& name, const std::string& otherwise) const {
    auto found = options.find(name);
    return found == options.end() ? otherwise : found->second;
  }
  int64_t Number(const std::string& name, int64_t otherwise) const {
    return Has(name) ? std::stoll(Text(name, "")) : otherwise;
  }
};

Arguments Parse(int count, char** values) {
  static const std::vector<std::string> kFlags = {"--advance", "--append", "--dry-run",
                                                  "--retry"};
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    std::string word = values[i];
    if (!word.starts_with("--")) {
      arguments.words.push_back(std::move(word));
    } else if (std::find(kFlags.begin(), kFlags.end(), word) != kFlags.end()) {
      arguments.options.emplace(word, "");
    } else if (i + 1 < count) {
      arguments.options.emplace(word, values[++i]);
    }
  }
  return arguments;
}

Json ToJson(const DataFile& file) {
  return {{"path", file.path},
          {"uri", file.uri},
          {"bytes", file.bytes},
          {"rows", file.rows},
          {"stats", file.stats},
          {"checksum", file.checksum},
          {"rows_version", file.rows_version},
          {"open_tail", file.open_tail}};
}

Json ToJson(const std::vector<DataFile>& files) {
  Json json = Json::array();
  for (const DataFile& file : files) json.push_back(ToJson(file));
  return json;
}

Json ToJson(const LakeSnapshot& snapshot) {
  Json columns = Json::array();
  for (const auto& field : snapshot.schema->fields()) {
    Json metadata = Json::object();
    if (field->metadata() != nullptr) {
      for (int64_t i = 0; i < field->metadata()->size(); ++i) {
        metadata[field->metadata()->key(i)] = field->metadata()->value(i);
      }
    }
    columns.push_back({{"name", field->name()},
                       {"type", field->type()->ToString()},
                       {"nullable", field->nullable()},
                       {"metadata", metadata}});
  }
  return {{"version", snapshot.version},
          {"rows", snapshot.rows},
          {"bytes", snapshot.bytes},
          {"files", ToJson(snapshot.files)},
          {"columns", columns},
          {"description", snapshot.description},
          {"configuration", snapshot.configuration},
          {"commit_info",
           snapshot.commit_info.empty() ? Json() : Json::parse(snapshot.commit_info)}};
}

using RowsFile = std::shared_ptr<arrow::ipc::RecordBatchFileReader>;

arrow::Result<RowsFile> OpenRows(const std::string& path) {
  ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(path));
  return arrow::ipc::RecordBatchFileReader::Open(input);
}

arrow::Result<keelboat::Receipt> WriteRows(LakeTable& table, const RowsFile& rows,
                                           keelboat::SinkOptions options) {
  options.schema = rows->schema();
  ARROW_ASSIGN_OR_RAISE(auto sink, table.NewSink(options));
  for (int i = 0; i < rows->num_record_batches(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto batch, rows->ReadRecordBatch(i));
    ARROW_RETURN_NOT_OK(sink->Write(*batch));
  }
  return sink->Finish();
}

arrow::Result<Json> Write(LakeTable& table, const Arguments& arguments) {
  ARROW_ASSIGN_OR_RAISE(auto latest, table.Latest());
  ARROW_ASSIGN_OR_RAISE(auto rows, OpenRows(arguments.words.at(3)));
  LakeCommit commit;
  commit.schema = rows->schema();
  commit.run_id = "20261121T020000-7f3a";
  commit.strategy = "full";
  commit.source_position = "shop." + table.name();
  commit.description = arguments.Text("--description", "");
  if (arguments.Has("--append")) commit.mode = LakeCommit::Mode::kAppend;
  if (arguments.Has("--advance")) commit.mode = LakeCommit::Mode::kAdvance;
  if (latest) commit.read_version = latest->version;
  auto [begin, end] = arguments.options.equal_range("--configuration");
  for (auto item = begin; item != end; ++item) {
    const std::size_t equals = item->second.find('=');
    commit.configuration[item->second.substr(0, equals)] =
        item->second.substr(equals + 1);
  }
  auto [first, last] = arguments.options.equal_range("--removed");
  for (auto item = first; item != last; ++item) commit.removed.push_back(item->second);
  keelboat::SinkOptions options;
  options.run_id = commit.run_id;
  options.target_file_bytes =
      arguments.Number("--target-bytes", options.target_file_bytes);
  options.rows_version = arguments.Number("--rows-version", options.rows_version);
  ARROW_ASSIGN_OR_RAISE(auto receipt, WriteRows(table, rows, options));
  commit.receipts.push_back(std::move(receipt));
  if (arguments.Has("--tail")) {
    ARROW_ASSIGN_OR_RAISE(auto tail, OpenRows(arguments.Text("--tail", "")));
    options.ordinal = 1;
    options.rows_version = keelboat::kOwnVersion;
    options.open_tail = true;
    ARROW_ASSIGN_OR_RAISE(receipt, WriteRows(table, tail, options));
    commit.receipts.push_back(std::move(receipt));
  }
  ARROW_ASSIGN_OR_RAISE(auto snapshot, table.Commit(commit));
  return ToJson(snapshot);
}

arrow::Result<Json> WriteUntilDone(LakeTable& table, const Arguments& arguments) {
  while (true) {
    auto written = Write(table, arguments);
    if (written.ok() || !arguments.Has("--retry") ||
        keelboat::KindOf(written.status()) != ErrorKind::kConflict) {
      return written;
    }
  }
}

arrow::Result<Json> Snapshot(LakeTable& table, const Arguments& arguments) {
  if (arguments.words.size() > 3) {
    ARROW_ASSIGN_OR_RAISE(auto snapshot, table.At(std::stoll(arguments.words[3])));
    return ToJson(snapshot);
  }
  ARROW_ASSIGN_OR_RAISE(auto latest, table.Latest());
  return latest ? ToJson(*latest) : Json();
}

arrow::Result<Json> Run(const Arguments& arguments) {
  if (arguments.words.size() < 3) {
    return keelboat::MakeError(ErrorKind::kConfig,
                               "usage: see the top of lake_tables.cc");
  }
  static MortalPosix posix(arguments.Number("--kill-at", 0));
  ARROW_ASSIGN_OR_RAISE(auto store, keelboat::MakeLocalStore(arguments.words[1], posix));
  ARROW_ASSIGN_OR_RAISE(auto lake, keelboat::MakeDeltaLake(store));
  if (arguments.words[0] == "tables") return lake->ListTables();
  ARROW_ASSIGN_OR_RAISE(auto table, lake->Table(arguments.words[2]));
  const std::string& command = arguments.words[0];
  if (command == "write") return WriteUntilDone(*table, arguments);
  if (command == "snapshot") return Snapshot(*table, arguments);
  if (command == "drop") {
    ARROW_RETURN_NOT_OK(table->Drop());
    return Json();
  }
  if (command == "vacuum") {
    const auto before = keelboat::Clock::System().Now() -
                        std::chrono::seconds(std::stoll(arguments.words.at(3)));
    ARROW_ASSIGN_OR_RAISE(auto files, table->Vacuum(before, arguments.Has("--dry-run")));
    return ToJson(files);
  }
  return keelboat::MakeError(ErrorKind::kConfig, "unknown command " + command);
}

}  // namespace

int main(int count, char** values) {
  auto result = Run(Parse(count, values));
  if (result.ok()) {
    std::cout << result->dump() << '\n';
    return 0;
  }
  const Json error = {
      {"kind", keelboat::ErrorKindName(keelboat::KindOf(result.status()))},
      {"message", result.status().message()}};
  std::cout << error.dump() << '\n';
  return 1;
}
