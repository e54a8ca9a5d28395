#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "app/fetch_output.h"
#include "core/observer.h"
#include "keelboat/fetch.h"
#include "keelboat/project.h"
#include "keelboat/query.h"

namespace keelboat {

/// What `keelboat fetch` was asked for. A value.
struct FetchRequest {
  FetchQuestion question;
  std::string output = "-";  ///< A path, or standard output.
  OutputFormat format = OutputFormat::kCsv;
  /// A column whose values contradict its type is brought as text instead of failing.
  bool mismatch_as_text = false;
  FetchOptions options;

  /// "@orders", "table orders", "card 7" or "query": for people.
  std::string Label() const;
};

/// What came of it. A value.
struct FetchReport {
  int64_t rows = 0;
  int64_t bytes = 0;  ///< Written.
  std::chrono::microseconds took{0};
  int64_t moved = 0;
  FetchInfo info;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> warnings;
};

/// \brief Splits "name=value" or, where `typed`, "name:type=value".
///
/// kConfig names what is wrong. Values stay as they are, whatever is in them.
arrow::Result<std::map<std::string, ParameterValue>> ParseParameters(
    const std::vector<std::string>& texts, bool typed);

/// \brief Fetches rows and writes them.
///
/// A file appears when it is whole, or not at all. Tells the observer of one table, named
/// by the label. Errors: those of source, registry and output.
arrow::Result<FetchReport> RunFetch(const NamedSource& source,
                                    const FetchRequest& request, Observer& observer);

}  // namespace keelboat
