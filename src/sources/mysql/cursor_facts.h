#pragma once

#include <string>

#include <arrow/result.h>

#include "sources/mysql/lent_connection.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// \brief Measures a cursor column as SourceSnapshot::MeasureCursor says.
///
/// \param now the latest moment that counts as past, UTC: "2024-01-31 10:00:00.000000".
/// Columns without a zone are compared with that moment in UTC or in the server's own
/// zone, whichever is later: nobody knows which of the two they hold. One index look-up
/// each for what an index answers, otherwise one scan. kConfig for columns that have no
/// order to speak of.
arrow::Result<CursorFacts> MeasureCursor(ConnectionPtr connection,
                                         const Relation& relation,
                                         const std::string& column,
                                         const std::string& where,
                                         const std::string& now);

}  // namespace keelboat::mysql
