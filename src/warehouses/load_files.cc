#include "warehouses/load_files.h"

#include <algorithm>
#include <string>

#include "keelboat/error.h"

namespace keelboat {

arrow::Status CheckFiles(const LoadRequest& request) {
  int64_t rows = 0;
  for (const LoadFile& file : request.files) rows += file.rows;
  if (rows != request.rows) {
    return MakeError(ErrorKind::kInternal, "the files hold " + std::to_string(rows) +
                                               " rows, the request says " +
                                               std::to_string(request.rows));
  }
  if (!request.increment.has_value()) return arrow::Status::OK();
  for (const LoadFile& file : request.increment->arrived) {
    if (std::any_of(request.files.begin(), request.files.end(),
                    [&](const LoadFile& other) { return other.uri == file.uri; })) {
      continue;
    }
    return MakeError(ErrorKind::kInternal,
                     "the file '" + file.uri + "' that arrives is not of the version");
  }
  return arrow::Status::OK();
}

}  // namespace keelboat
