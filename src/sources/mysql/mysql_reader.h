#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/mysql/lent_connection.h"
#include "sources/mysql/mysql_options.h"
#include "sources/mysql/row_decoder.h"
#include "sources/mysql/row_stream.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// \brief Streams one partition as batches.
///
/// Closing it early, destroying it or a stop request cuts the connection and ends the
/// server's query from a second one.
class MysqlReader final : public SourceReader {
 public:
  /// Starts the query. kConflict where the server's columns are not as described.
  static arrow::Result<std::shared_ptr<SourceReader>> Open(const MysqlOptions& options,
                                                           const Relation& relation,
                                                           const Partition& partition,
                                                           const std::stop_token& stop);
  /// The same over a connection that is inside a transaction already. One on loan goes
  /// back at the end, and also after an early one where the server can be made to end
  /// the query alone; a stop request costs it.
  static arrow::Result<std::shared_ptr<SourceReader>> Open(ConnectionPtr connection,
                                                           const Relation& relation,
                                                           const Partition& partition);
  ~MysqlReader() override;

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override;
  arrow::Status Close() override;
  std::vector<std::string> Warnings() const override;

 private:
  MysqlReader(std::unique_ptr<RowStream> stream, DecodedTable table, std::string tag,
              std::shared_ptr<ConnectionLender> lender);
  arrow::Status Fill();
  arrow::Status ReadToBatch(std::shared_ptr<arrow::RecordBatch>* batch);
  // Lets go of the server, politely at the end of the answer, by force before it.
  void Release();

  std::unique_ptr<RowStream> stream_;
  std::shared_ptr<arrow::Schema> schema_;
  RowDecoder decoder_;
  std::string tag_;
  std::shared_ptr<ConnectionLender> lender_;  // Null for a connection of its own.
  std::vector<std::string> server_warnings_;
};

}  // namespace keelboat::mysql
