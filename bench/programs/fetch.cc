// keelboat's library: streams a table as Arrow batches.
// fetch TABLE CONNECTIONS drop|keep [FILE]; prints how many rows there were. With FILE it
// writes them there as an Arrow stream, for whoever checks the values.
#include <cstdlib>
#include <iostream>
#include <string>

#include <arrow/io/file.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <keelboat/fetch.h>

namespace {

arrow::Result<int64_t> Fetch(const std::string& table, int connections, bool keep,
                             const char* file) {
  keelboat::SourceOptions options;
  options.host = std::getenv("MYSQL_HOST");
  options.port = static_cast<uint16_t>(std::atoi(std::getenv("MYSQL_PORT")));
  options.user = std::getenv("MYSQL_USER");
  options.password = std::getenv("MYSQL_PASSWORD");
  options.database = std::getenv("MYSQL_DATABASE");
  // As the other tools' clients on loopback.
  options.tls = keelboat::SourceOptions::Tls::kDisabled;
  ARROW_ASSIGN_OR_RAISE(auto source, keelboat::DataSource::OpenMysql(options));
  keelboat::FetchOptions fetch;
  fetch.connections = connections;
  ARROW_ASSIGN_OR_RAISE(auto reader, keelboat::FetchTable(source, table, fetch));

  std::shared_ptr<arrow::ipc::RecordBatchWriter> writer;
  if (file != nullptr) {
    ARROW_ASSIGN_OR_RAISE(auto sink, arrow::io::FileOutputStream::Open(file));
    ARROW_ASSIGN_OR_RAISE(writer, arrow::ipc::MakeStreamWriter(sink, reader->schema()));
  }
  arrow::RecordBatchVector kept;
  int64_t rows = 0;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
    if (batch == nullptr) break;
    rows += batch->num_rows();
    if (writer != nullptr) ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
    if (keep) kept.push_back(std::move(batch));
  }
  if (writer != nullptr) ARROW_RETURN_NOT_OK(writer->Close());
  const keelboat::FetchInfo& info = reader->info();
  std::cerr << info.connections << " connections, " << info.ranges << " ranges, "
            << info.consistency << " " << info.note << "\n";
  return rows;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 && count != 5) return 2;
  auto rows =
      Fetch(arguments[1], std::atoi(arguments[2]), std::string(arguments[3]) == "keep",
            count == 5 ? arguments[4] : nullptr);
  if (!rows.ok()) {
    std::cerr << rows.status().ToString() << "\n";
    return 1;
  }
  std::cout << *rows << "\n";
  return 0;
}
