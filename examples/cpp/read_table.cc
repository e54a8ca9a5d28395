// Reads a table of MySQL as Arrow batches: read_table PORT USER PASSWORD DATABASE TABLE
#include <cstdlib>
#include <iostream>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <keelboat/fetch.h>

arrow::Status Read(char** arguments) {
  keelboat::SourceOptions options;
  options.port = static_cast<uint16_t>(std::atoi(arguments[1]));
  options.user = arguments[2];
  options.password = arguments[3];
  options.database = arguments[4];
  ARROW_ASSIGN_OR_RAISE(auto source, keelboat::DataSource::OpenMysql(options));

  keelboat::FetchOptions fetch;
  fetch.connections = 4;  // Side by side, all in one snapshot.
  ARROW_ASSIGN_OR_RAISE(auto reader, keelboat::FetchTable(source, arguments[5], fetch));
  int64_t rows = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;; rows += batch->num_rows()) {
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) break;
  }
  std::cout << rows << " rows of\n" << reader->schema()->ToString() << "\n";
  return arrow::Status::OK();
}

int main(int count, char** arguments) {
  if (count != 6) return 2;
  arrow::Status status = Read(arguments);
  if (!status.ok()) std::cerr << status.ToString() << "\n";
  return status.ok() ? 0 : 1;
}
