#include "contracts/json_object.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/nearest.h"

namespace keelboat {

arrow::Result<JsonObject> JsonObject::Make(const JsonValue& value, std::string place,
                                           const std::string& file_name) {
  if (value.kind == JsonKind::kObject) {
    return JsonObject(&value, std::move(place), file_name);
  }
  return JsonError(file_name, value.line,
                   (place.empty() ? "" : place + ": ") + "expected an object, found " +
                       JsonKindName(value.kind));
}

arrow::Status JsonObject::CheckKeys(const std::vector<std::string>& known) const {
  for (const JsonMember& member : value_->members) {
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    return JsonError(file_name_, member.line,
                     (place_.empty() ? "" : place_ + ": ") + "'" + member.name +
                         "' is not a known key" + DidYouMean(member.name, known));
  }
  return arrow::Status::OK();
}

const JsonMember* JsonObject::Find(const std::string& name) const {
  const JsonMember* member = value_->Find(name);
  return member == nullptr || member->value.kind == JsonKind::kNull ? nullptr : member;
}

arrow::Result<const JsonMember*> JsonObject::Require(const std::string& name) const {
  const JsonMember* member = Find(name);
  if (member != nullptr) return member;
  return JsonError(file_name_, value_->line,
                   (place_.empty() ? "" : place_ + ": ") + "'" + name + "' is missing");
}

arrow::Result<const JsonMember*> JsonObject::FindOfKind(const std::string& name,
                                                        JsonKind kind) const {
  const JsonMember* member = Find(name);
  if (member == nullptr || member->value.kind == kind) return member;
  return Error(name, std::string("expected ") + JsonKindName(kind) + ", found " +
                         JsonKindName(member->value.kind));
}

arrow::Result<std::optional<std::string>> JsonObject::Text(
    const std::string& name) const {
  ARROW_ASSIGN_OR_RAISE(const JsonMember* member, FindOfKind(name, JsonKind::kString));
  if (member == nullptr) return std::nullopt;
  return member->value.text;
}

arrow::Result<std::string> JsonObject::RequiredText(const std::string& name) const {
  ARROW_RETURN_NOT_OK(Require(name).status());
  ARROW_ASSIGN_OR_RAISE(std::optional<std::string> text, Text(name));
  if (text->empty()) return Error(name, "is empty");
  return *std::move(text);
}

arrow::Result<std::optional<bool>> JsonObject::Flag(const std::string& name) const {
  ARROW_ASSIGN_OR_RAISE(const JsonMember* member, FindOfKind(name, JsonKind::kBoolean));
  if (member == nullptr) return std::nullopt;
  return member->value.boolean;
}

arrow::Result<std::optional<int64_t>> JsonObject::Integer(const std::string& name,
                                                          int64_t least,
                                                          int64_t most) const {
  ARROW_ASSIGN_OR_RAISE(const JsonMember* member, FindOfKind(name, JsonKind::kNumber));
  if (member == nullptr) return std::nullopt;
  const std::string& text = member->value.text;
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (whole && number >= least && number <= most) return number;
  return Error(name, text + " is not a whole number from " + std::to_string(least) +
                         " to " + std::to_string(most));
}

arrow::Result<std::vector<std::string>> JsonObject::Names(const std::string& name) const {
  std::vector<std::string> names;
  ARROW_ASSIGN_OR_RAISE(const std::vector<JsonValue>* items, List(name));
  if (items == nullptr) return names;
  for (const JsonValue& item : *items) {
    if (item.kind != JsonKind::kString || item.text.empty()) {
      return JsonError(file_name_, item.line,
                       PlaceOf(name) + ": expected a list of names, found " +
                           (item.kind == JsonKind::kString ? "an empty string"
                                                           : JsonKindName(item.kind)));
    }
    if (std::find(names.begin(), names.end(), item.text) != names.end()) {
      return JsonError(file_name_, item.line,
                       PlaceOf(name) + ": '" + item.text + "' is listed twice");
    }
    names.push_back(item.text);
  }
  return names;
}

arrow::Result<std::optional<JsonObject>> JsonObject::Object(
    const std::string& name) const {
  ARROW_ASSIGN_OR_RAISE(const JsonMember* member, FindOfKind(name, JsonKind::kObject));
  if (member == nullptr) return std::nullopt;
  return JsonObject(&member->value, PlaceOf(name), file_name_);
}

arrow::Result<const std::vector<JsonValue>*> JsonObject::List(
    const std::string& name) const {
  ARROW_ASSIGN_OR_RAISE(const JsonMember* member, FindOfKind(name, JsonKind::kArray));
  return member == nullptr ? nullptr : &member->value.items;
}

arrow::Status JsonObject::Error(const std::string& name,
                                const std::string& message) const {
  const JsonMember* member = value_->Find(name);
  const int line = member == nullptr ? value_->line : member->value.line;
  const std::string place = name.empty() ? place_ : PlaceOf(name);
  return JsonError(file_name_, line, (place.empty() ? "" : place + ": ") + message);
}

std::string JsonObject::PlaceOf(const std::string& name) const {
  return place_.empty() ? name : place_ + "." + name;
}

}  // namespace keelboat
