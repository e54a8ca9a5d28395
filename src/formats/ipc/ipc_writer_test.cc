#include "formats/ipc/ipc_writer.h"

#include <memory>
#include <string>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(IpcWriter, BothShapesReadBack) {
  auto schema = arrow::schema({arrow::field("d", arrow::duration(arrow::TimeUnit::MICRO)),
                               arrow::field("s", arrow::utf8())});
  auto batch = arrow::RecordBatch::FromStructArray(
                   arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()),
                                                    R"([[1, "a"], [null, ""]])")
                       .ValueOrDie())
                   .ValueOrDie();
  for (const IpcShape shape : {IpcShape::kFile, IpcShape::kStream}) {
    auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
    auto writer = MakeIpcWriter(schema, shape, stream).ValueOrDie();
    ASSERT_TRUE(writer->Write(*batch).ok());
    ASSERT_TRUE(writer->Finish().ok());
    auto bytes = std::make_shared<arrow::io::BufferReader>(stream->Finish().ValueOrDie());
    std::shared_ptr<arrow::RecordBatch> read;
    if (shape == IpcShape::kFile) {
      auto reader = arrow::ipc::RecordBatchFileReader::Open(bytes).ValueOrDie();
      read = reader->ReadRecordBatch(0).ValueOrDie();
    } else {
      auto reader = arrow::ipc::RecordBatchStreamReader::Open(bytes).ValueOrDie();
      ASSERT_TRUE(reader->ReadNext(&read).ok());
    }
    EXPECT_TRUE(read->Equals(*batch));
  }
}

}  // namespace
}  // namespace keelboat
