#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/mysql/connection.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// Connections inside transactions that see one moment.
struct OpenedViews {
  std::vector<std::unique_ptr<Connection>> connections;
  int at_once = 1;  ///< How many of them are to read side by side; the rest are spares.
  /// Without `id`.
  SnapshotInfo info;
};

/// \brief Opens views of one moment on several connections, as well as it can be had.
///
/// From the best: the server shows that views opened side by side are of one moment;
/// nothing could be committed while they were opened, because of a lock of a second or
/// two; one connection alone. A server that has no such views at all gives none and
/// Consistency::kStatement. No lock outlives the call, whatever happens.
/// \param first an open connection, the first of them; its stop token ends the call.
arrow::Result<OpenedViews> OpenViews(std::unique_ptr<Connection> first, int connections);

}  // namespace keelboat::mysql
