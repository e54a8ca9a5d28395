#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include <arrow/result.h>

#include "core/clock.h"

namespace keelboat::transform {

/// \brief logs/dbt.log: one entry a line, "time WORD text", further lines indented.
///
/// WORD is ERROR for what failed and SUCCESS for what passed, so that grep finds them,
/// and INFO, WARN or SKIP otherwise. Appends; one thread at a time. A full disk loses
/// lines but never fails a run; `lost()` counts them.
class DbtLog {
 public:
  /// Creates the folder where it is missing.
  static arrow::Result<std::unique_ptr<DbtLog>> Open(const std::filesystem::path& path,
                                                     const Clock& clock);

  void Write(std::string_view word, std::string_view text);
  int64_t lost() const { return lost_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  DbtLog(std::FILE* file, const Clock& clock) : file_(file), clock_(clock) {}

  std::unique_ptr<std::FILE, Close> file_;
  const Clock& clock_;
  int64_t lost_ = 0;
};

}  // namespace keelboat::transform
