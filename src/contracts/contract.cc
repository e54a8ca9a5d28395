#include "contracts/contract.h"

#include <algorithm>
#include <set>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "contracts/cell_text.h"
#include "contracts/checker.h"
#include "contracts/column_list.h"
#include "contracts/contract_rules.h"
#include "contracts/json_schema.h"
#include "core/field_metadata.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::string Quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

/// A text column without what the source said of its type.
std::shared_ptr<arrow::Field> MaskedField(const arrow::Field& field) {
  std::shared_ptr<arrow::KeyValueMetadata> kept;
  if (field.HasMetadata() && field.metadata()->Contains(kCommentKey)) {
    kept = arrow::KeyValueMetadata::Make(
        {kCommentKey}, {field.metadata()->Get(kCommentKey).ValueOr("")});
  }
  return arrow::field(field.name(), arrow::utf8(), field.nullable(), kept);
}

}  // namespace

struct Contract::Rules : ContractRules {
  std::map<std::string, MaskKind> masks;

  arrow::Status Fail(ErrorKind kind, int line, const std::string& message) const {
    return MakeError(kind, file_name + ":" + std::to_string(line) + ": " + message,
                     {{"file", file_name}, {"line", std::to_string(line)}});
  }

  /// Columns that must, and columns that must not be there.
  arrow::Status CheckPresence(const arrow::Schema& schema) const {
    const std::vector<std::string> names = schema.field_names();
    for (const std::string& name : required) {
      if (schema.GetFieldIndex(name) >= 0) continue;
      return MakeError(ErrorKind::kContract,
                       file_name + ": required column '" + name +
                           "' is not among the columns read" + DidYouMean(name, names),
                       {{"file", file_name}, {"column", name}, {"rule", "required"}});
    }
    std::vector<std::string> foreign;
    for (const std::string& name : names) {
      const auto found = columns.find(name);
      const bool known = found != columns.end();
      if ((known && found->second.forbidden) || (!known && !additional_columns)) {
        foreign.push_back(name);
      }
    }
    if (foreign.empty()) return arrow::Status::OK();
    return MakeError(
        ErrorKind::kContract,
        file_name + ": the contract forbids " + Quoted(foreign) +
            " (additionalProperties: false); name them under properties or exclude them",
        {{"file", file_name},
         {"column", foreign.front()},
         {"rule", "additionalProperties"}});
  }

  /// A mask that meets no column would leave its values readable.
  arrow::Status CheckMasks(const arrow::Schema& schema,
                           const std::vector<std::string>& key,
                           const std::string& cursor_column) const {
    std::vector<std::string> unnamed;
    for (const std::string& name : schema.field_names()) {
      if (!columns.contains(name)) unnamed.push_back(name);
    }
    for (const auto& [name, mask] : masks) {
      const int line = columns.at(name).line;
      if (std::find(key.begin(), key.end(), name) != key.end()) {
        return Fail(ErrorKind::kConfig, line,
                    "column '" + name +
                        "' is part of the key and cannot be masked: rows could no longer "
                        "be told apart");
      }
      if (name == cursor_column) {
        return Fail(ErrorKind::kConfig, line,
                    "column '" + name +
                        "' is the incremental column and cannot be masked: the next run "
                        "could not continue from it");
      }
      const std::string guess = DidYouMean(name, unnamed);
      if (schema.GetFieldIndex(name) < 0 && !guess.empty()) {
        return Fail(ErrorKind::kConfig, line,
                    "masked column '" + name + "' is not among the columns read" + guess);
      }
    }
    return arrow::Status::OK();
  }
};

Contract::Contract(std::unique_ptr<Rules> rules) : rules_(std::move(rules)) {}
Contract::Contract(Contract&&) noexcept = default;
Contract& Contract::operator=(Contract&&) noexcept = default;
Contract::~Contract() = default;

arrow::Result<Contract> Contract::Parse(std::string_view json,
                                        const std::string& file_name) {
  ARROW_ASSIGN_OR_RAISE(JsonValue document, ParseJson(json, file_name));
  if (document.kind != JsonKind::kObject) {
    return JsonError(
        file_name, document.line,
        std::string("a contract is an object, found ") + JsonKindName(document.kind));
  }
  auto rules = std::make_unique<Rules>();
  const bool column_list =
      document.Find("columns") != nullptr || document.Find("table_name") != nullptr;
  ARROW_ASSIGN_OR_RAISE(static_cast<ContractRules&>(*rules),
                        column_list ? ReadColumnList(document, file_name)
                                    : ReadJsonSchema(document, file_name));
  for (const auto& [name, column] : rules->columns) {
    if (column.mask) rules->masks.emplace(name, *column.mask);
  }
  for (const std::string& name : rules->declared_key) {
    if (!rules->masks.contains(name)) continue;
    return rules->Fail(ErrorKind::kConfig, rules->columns.at(name).line,
                       "column '" + name + "' is part of the key and cannot be masked");
  }
  return Contract(std::move(rules));
}

OnViolation Contract::on_violation() const { return rules_->on_violation; }

const std::map<std::string, MaskKind>& Contract::masks() const { return rules_->masks; }

std::vector<std::string> Contract::columns() const {
  std::vector<std::string> names;
  for (const auto& [name, column] : rules_->columns) names.push_back(name);
  return names;
}

const std::vector<std::string>& Contract::declared_key() const {
  return rules_->declared_key;
}

arrow::Result<std::unique_ptr<ContractChecker>> Contract::Bind(
    const std::shared_ptr<arrow::Schema>& schema, const std::vector<std::string>& key,
    const std::string& cursor_column) const {
  ARROW_RETURN_NOT_OK(rules_->CheckMasks(*schema, key, cursor_column));
  ARROW_RETURN_NOT_OK(rules_->CheckPresence(*schema));
  BoundContract bound;
  bound.schema = schema;
  bound.masked_schema = MaskedSchema(schema);
  bound.on_violation = rules_->on_violation;
  if (bound.on_violation == OnViolation::kQuarantine &&
      schema->GetFieldIndex(kReasonColumn) >= 0) {
    return rules_->Fail(ErrorKind::kConfig, 1,
                        std::string("the table has a column ") + kReasonColumn +
                            ", which quarantine needs for itself; exclude it");
  }
  for (int i = 0; i < schema->num_fields(); ++i) {
    const auto found = rules_->columns.find(schema->field(i)->name());
    if (found == rules_->columns.end()) continue;
    const ColumnRules& rules = found->second;
    if (rules.mask) bound.masks.push_back({i, found->first, *rules.mask});
    ARROW_ASSIGN_OR_RAISE(ColumnChecks checks,
                          MakeColumnChecks(rules, *schema->field(i), rules_->file_name));
    if (!checks.empty()) bound.columns.push_back({i, found->first, std::move(checks)});
  }
  for (const std::string& name : key) bound.key.push_back(schema->GetFieldIndex(name));
  const bool key_is_read =
      std::all_of(bound.key.begin(), bound.key.end(), [&](int index) {
        return index >= 0 &&
               ValueKindOf(*schema->field(index)->type()) != ValueKind::kOther;
      });
  if (!key_is_read) bound.key.clear();
  return MakeChecker(std::move(bound));
}

std::shared_ptr<arrow::Schema> Contract::MaskedSchema(
    const std::shared_ptr<arrow::Schema>& schema) const {
  if (rules_->masks.empty()) return schema;
  arrow::FieldVector fields = schema->fields();
  for (std::shared_ptr<arrow::Field>& field : fields) {
    if (rules_->masks.contains(field->name())) field = MaskedField(*field);
  }
  return arrow::schema(std::move(fields), schema->metadata());
}

std::string DescribeViolations(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) {
    if (!text.empty()) text += "\n";
    text += "column " + violation.column + ": " + violation.rule + ": " +
            std::to_string(violation.count) + (violation.count == 1 ? " row" : " rows");
    if (violation.offenders.empty()) continue;
    text += " (";
    for (std::size_t i = 0; i < violation.offenders.size(); ++i) {
      text += (i == 0 ? "" : ", ") + violation.offenders[i];
    }
    const bool more = violation.count > static_cast<int64_t>(violation.offenders.size());
    text += more ? ", …)" : ")";
  }
  return text;
}

}  // namespace keelboat
