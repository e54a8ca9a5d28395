#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "contracts/json_text.h"

namespace keelboat {

/// \brief Reads the members of an object that a person wrote.
///
/// Every error is kConfig "FILE:LINE: PLACE.member: …". A member that is null counts
/// as absent. Refers to the JsonValue, which must outlive it.
class JsonObject {
 public:
  /// kConfig unless the value is an object. `place` may be empty, for a whole file.
  static arrow::Result<JsonObject> Make(const JsonValue& value, std::string place,
                                        const std::string& file_name);

  /// Refuses members of other names, with the nearest known one.
  arrow::Status CheckKeys(const std::vector<std::string>& known) const;

  /// The member, or null when it is absent or null.
  const JsonMember* Find(const std::string& name) const;
  /// Like Find, but kConfig when there is none.
  arrow::Result<const JsonMember*> Require(const std::string& name) const;

  arrow::Result<std::optional<std::string>> Text(const std::string& name) const;
  /// A text that must be there and not be empty.
  arrow::Result<std::string> RequiredText(const std::string& name) const;
  arrow::Result<std::optional<bool>> Flag(const std::string& name) const;
  /// A whole number from `least` to `most`.
  arrow::Result<std::optional<int64_t>> Integer(const std::string& name, int64_t least,
                                                int64_t most) const;
  /// A list of texts, none empty, none twice; empty when absent.
  arrow::Result<std::vector<std::string>> Names(const std::string& name) const;
  arrow::Result<std::optional<JsonObject>> Object(const std::string& name) const;
  /// The items of a list; null when absent.
  arrow::Result<const std::vector<JsonValue>*> List(const std::string& name) const;

  /// An error about one member (or about the object, when `name` is empty).
  arrow::Status Error(const std::string& name, const std::string& message) const;
  /// "PLACE.name".
  std::string PlaceOf(const std::string& name) const;

  const JsonValue& value() const { return *value_; }
  const std::string& file_name() const { return file_name_; }

 private:
  JsonObject(const JsonValue* value, std::string place, std::string file_name)
      : value_(value), place_(std::move(place)), file_name_(std::move(file_name)) {}

  arrow::Result<const JsonMember*> FindOfKind(const std::string& name,
                                              JsonKind kind) const;

  const JsonValue* value_;
  std::string place_;
  std::string file_name_;
};

}  // namespace keelboat
