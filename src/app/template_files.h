#pragma once

#include <span>
#include <string_view>

namespace keelboat {

/// A file that travels inside the binary.
struct TemplateFile {
  std::string_view path;
  std::string_view text;
};

/// The example project, as it was in examples/olist when keelboat was built.
std::span<const TemplateFile> OlistTemplate();

/// The sample queries: "orders.sql", …
std::span<const TemplateFile> SampleQueries();

}  // namespace keelboat
