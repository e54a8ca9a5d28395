#pragma once

#include <string>
#include <string_view>

#include <arrow/result.h>

namespace keelboat::delta {

/// \brief A table's name as the name of its folder.
///
/// ASCII letters, digits, '_', '-' and '.' stay; a run of anything else, and a leading
/// '.', becomes "_x<hex of the UTF-8 bytes>_": "order items" is "order_x20_items". A '_'
/// that would read as the beginning of such a run is escaped too. Percent-encoding will
/// not do: readers decode it, or encode it once more, and then look for another folder.
std::string FolderOfTable(std::string_view name);

/// The reverse of FolderOfTable.
std::string TableOfFolder(std::string_view folder);

/// Encodes a relative path for the log: %XX but for A-Z a-z 0-9 - _ . ~ and '/'.
std::string EncodePath(std::string_view path);

/// Reverses any percent-encoding; kData for a broken one.
arrow::Result<std::string> DecodePath(std::string_view encoded);

/// \brief The name of a data file: "part-00003-<run id>-0001-<random>.zstd.parquet".
///
/// Tells partition and run, and is different each time.
std::string NewDataFileName(int ordinal, std::string_view run_id, int number);

/// A random UUID (version 4).
std::string NewUuid();

}  // namespace keelboat::delta
