#pragma once

#include <memory>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/type_fwd.h>

#include "formats/row_writer.h"

namespace keelboat {

/// A format of text, a row after the other. It is written by the block.
class TextRowWriter : public RowWriter {
 public:
  arrow::Status Write(const arrow::RecordBatch& batch) final;
  arrow::Status Finish() final;

 protected:
  explicit TextRowWriter(std::shared_ptr<arrow::io::OutputStream> stream);

  /// Appends a row, with what ends it.
  virtual void AppendRow(const arrow::ArrayVector& columns, int64_t row,
                         std::string* text) = 0;
  /// What is still to be written: a header, in the beginning.
  std::string* text() { return &text_; }

 private:
  arrow::Status Flush();

  const std::shared_ptr<arrow::io::OutputStream> stream_;
  std::string text_;
};

}  // namespace keelboat
