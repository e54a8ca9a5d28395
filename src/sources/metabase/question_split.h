#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/metabase/api.h"
#include "sources/metabase/asked_query.h"
#include "sources/metabase/key_ranges.h"
#include "sources/source.h"

namespace keelboat::metabase {

/// Rows that a piece has at most on purpose: far below the export's row limit and the
/// server's ten minutes for one answer.
inline constexpr int64_t kPieceRows = 250'000;

/// \brief Cuts a described question into pieces with counted rows.
///
/// Ranges of `request.on`, else of an integer, date or moment column that metadata
/// commends and one count of the rows confirms; else buckets of a hash, where the
/// database has one; else ranges whose bounds the database names (value_ranges.h); else
/// one piece, with the reason. A query with an order is cut on its
/// first column, in that order (`ordered`). Pieces have at most about kPieceRows, but for
/// a single value that has more. kConfig for an `on` that cannot be cut on.
arrow::Result<Split> SplitQuestion(Api& api, const Relation& relation,
                                   const SplitRequest& request,
                                   const std::stop_token& stop);

/// \brief The same inside of a piece that turned out too large.
///
/// Pieces of about `target` rows that cut `predicates` further; nullopt where nothing is
/// left to cut on.
arrow::Result<std::optional<std::vector<CountedPiece>>> CutFurther(
    Api& api, const AskedQuery& query, const std::vector<Predicate>& predicates,
    const std::string& where, int64_t target, const std::stop_token& stop);

}  // namespace keelboat::metabase
