#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <arrow/result.h>

namespace keelboat::transform {

/// \brief The schemas of the relations that dbt's manifest.json says will be made.
///
/// Sorted, each once; those of a database that a model names for itself left out. As SQL
/// spells them: where the adapter leaves names unquoted by default, quotes that the
/// project asks for are kept. kData for a file that is no manifest.
arrow::Result<std::vector<std::string>> ReadSchemas(const std::filesystem::path& manifest,
                                                    const std::string& adapter);

}  // namespace keelboat::transform
