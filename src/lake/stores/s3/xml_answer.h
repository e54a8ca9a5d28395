#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

namespace keelboat::s3 {

/// \brief An element of an XML answer of S3. A value.
///
/// What S3 sends is elements and text: attributes and comments are passed over.
struct XmlElement {
  std::string name;  ///< Without a namespace's prefix.
  std::string text;  ///< Its own text, references resolved.
  std::vector<XmlElement> children;

  /// Text of the first child of that name; empty where there is none.
  std::string_view Text(std::string_view child) const;
  const XmlElement* Find(std::string_view child) const;
};

/// \brief Reads a whole document. Pure.
///
/// kUnavailable for anything else: the answer was damaged, or is not S3's.
arrow::Result<XmlElement> ParseXml(std::string_view text);

}  // namespace keelboat::s3
