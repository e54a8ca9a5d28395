#include "formats/ipc/ipc_writer.h"

#include <utility>

#include <arrow/ipc/writer.h>

namespace keelboat {
namespace {

class IpcWriter final : public RowWriter {
 public:
  explicit IpcWriter(std::shared_ptr<arrow::ipc::RecordBatchWriter> writer)
      : writer_(std::move(writer)) {}

  arrow::Status Write(const arrow::RecordBatch& batch) override {
    return writer_->WriteRecordBatch(batch);
  }
  arrow::Status Finish() override { return writer_->Close(); }

 private:
  const std::shared_ptr<arrow::ipc::RecordBatchWriter> writer_;
};

}  // namespace

arrow::Result<std::unique_ptr<RowWriter>> MakeIpcWriter(
    const std::shared_ptr<arrow::Schema>& schema, IpcShape shape,
    std::shared_ptr<arrow::io::OutputStream> stream) {
  auto writer = shape == IpcShape::kFile
                    ? arrow::ipc::MakeFileWriter(std::move(stream), schema)
                    : arrow::ipc::MakeStreamWriter(std::move(stream), schema);
  ARROW_RETURN_NOT_OK(writer.status());
  return std::make_unique<IpcWriter>(std::move(*writer));
}

}  // namespace keelboat
