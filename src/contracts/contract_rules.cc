#include "contracts/contract_rules.h"

#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {

std::string TypeSet::ToString() const {
  std::string text;
  const auto add = [&text](bool has, const char* name) {
    if (!has) return;
    if (!text.empty()) text += " or ";
    text += name;
  };
  add(string, "string");
  add(integer, "integer");
  add(number, "number");
  add(boolean, "boolean");
  add(null, "null");
  return text;
}

const char* TextFormatName(TextFormat format) {
  switch (format) {
    case TextFormat::kDate:
      return "date";
    case TextFormat::kDateTime:
      return "date-time";
    case TextFormat::kTime:
      return "time";
    case TextFormat::kEmail:
      return "email";
    case TextFormat::kUuid:
      return "uuid";
  }
  return "";
}

arrow::Status ExpectKind(const JsonMember& member, JsonKind kind,
                         const std::string& place, const std::string& file_name) {
  if (member.value.kind == kind) return arrow::Status::OK();
  return JsonError(file_name, member.value.line,
                   place + ": expected " + JsonKindName(kind) + ", found " +
                       JsonKindName(member.value.kind));
}

arrow::Result<OnViolation> ReadOnViolation(const JsonMember& member,
                                           const std::string& file_name) {
  ARROW_RETURN_NOT_OK(ExpectKind(member, JsonKind::kString, member.name, file_name));
  const std::string& text = member.value.text;
  if (text == "fail") return OnViolation::kFail;
  if (text == "quarantine") return OnViolation::kQuarantine;
  if (text == "warn") return OnViolation::kWarn;
  return JsonError(file_name, member.value.line,
                   member.name + ": '" + text + "' is not one of fail, quarantine, warn" +
                       DidYouMean(text, {"fail", "quarantine", "warn"}));
}

arrow::Result<MaskKind> ReadMaskKind(const JsonMember& member, const std::string& place,
                                     const std::string& file_name) {
  ARROW_RETURN_NOT_OK(ExpectKind(member, JsonKind::kString, place, file_name));
  const std::string& text = member.value.text;
  if (text == "hash") return MaskKind::kHash;
  if (text == "partial") return MaskKind::kPartial;
  return JsonError(file_name, member.value.line,
                   place + ": '" + text + "' is not one of hash, partial" +
                       DidYouMean(text, {"hash", "partial"}));
}

}  // namespace keelboat
