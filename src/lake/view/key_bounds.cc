#include "lake/view/key_bounds.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include <arrow/type.h>
#include <nlohmann/json.hpp>

namespace keelboat {
namespace {

using Json = nlohmann::json;
using arrow::Type;

constexpr std::size_t kMostDigits = 40;

// Integers of up to 40 digits so that their bytes sort as they do: a sign, then the
// digits with zeros before them, turned around (9 to 0) where it is negative.
std::optional<std::string> SortableInteger(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  std::string sortable(1 + kMostDigits - text.size(), '0');
  sortable[0] = '1';
  sortable += text;
  for (std::size_t i = 1; i < sortable.size(); ++i) {
    if (sortable[i] < '0' || sortable[i] > '9') return std::nullopt;
    if (negative) sortable[i] = static_cast<char>('9' - sortable[i] + '0');
  }
  if (negative) sortable[0] = '0';
  return sortable;
}

// "2024-01-31T10:00:00.123Z" -> "2024-01-31 10:00:00.123000", or with nines at the end:
// some writers cut off what they leave out also of an upper bound.
std::optional<std::string> SortableTime(std::string text, char rest) {
  constexpr std::size_t kSeconds = 19;
  constexpr std::size_t kLength = 26;
  if (text.ends_with('Z')) text.pop_back();
  if (text.size() < kSeconds + 2 || text.size() > kLength) return std::nullopt;
  if (text[10] != 'T' || text[kSeconds] != '.') return std::nullopt;
  for (std::size_t i = kSeconds + 1; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  text[10] = ' ';
  text.resize(kLength, rest);
  return text;
}

}  // namespace

KeyBounds::Order KeyBounds::OrderOf(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      return Order::kInteger;
    case Type::DECIMAL128:
      return static_cast<const arrow::DecimalType&>(type).scale() == 0 ? Order::kInteger
                                                                       : Order::kNone;
    case Type::STRING:
      return Order::kText;
    case Type::DATE32:
      return Order::kDate;
    case Type::TIMESTAMP:
      return Order::kTime;
    default:
      return Order::kNone;
  }
}

KeyBounds::KeyBounds(const KeySet& keys) {
  for (int index = 0; index < keys.columns().num_fields(); ++index) {
    const arrow::Field& field = *keys.columns().field(index);
    Column column{field.name(), OrderOf(*field.type()), {}};
    if (column.order == Order::kNone) continue;
    for (const auto& texts : keys.texts()) {
      const std::string& text = texts[static_cast<std::size_t>(index)];
      auto value = column.order == Order::kInteger ? SortableInteger(text)
                                                   : std::optional<std::string>(text);
      if (!value) {
        column.order = Order::kNone;
        break;
      }
      column.values.push_back(*std::move(value));
    }
    if (column.order == Order::kNone) continue;
    std::sort(column.values.begin(), column.values.end());
    columns_.push_back(std::move(column));
  }
}

bool KeyBounds::MayHold(const std::string& stats) const {
  const Json json = Json::parse(stats, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return true;
  const Json none = Json::object();
  auto bounds = [&](const char* name) -> const Json& {
    auto found = json.find(name);
    return found != json.end() && found->is_object() ? *found : none;
  };
  const Json& minima = bounds("minValues");
  const Json& maxima = bounds("maxValues");
  for (const Column& column : columns_) {
    auto read = [&](const Json& from, char rest) -> std::optional<std::string> {
      auto found = from.find(column.name);
      if (found == from.end()) return std::nullopt;
      if (column.order == Order::kInteger) {
        // A number beyond 64 bits was rounded by the parser.
        if (!found->is_number_integer()) return std::nullopt;
        return SortableInteger(found->dump());
      }
      if (!found->is_string()) return std::nullopt;
      if (column.order == Order::kTime) {
        return SortableTime(found->get<std::string>(), rest);
      }
      return found->get<std::string>();
    };
    const auto min = read(minima, '0');
    const auto max = read(maxima, '9');
    if (!min || !max) continue;
    const auto first = std::lower_bound(column.values.begin(), column.values.end(), *min);
    if (first == column.values.end() || *first > *max) return false;
  }
  return true;
}

}  // namespace keelboat
