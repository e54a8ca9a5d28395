#pragma once

#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "lake/view/key_set.h"

namespace keelboat {

/// \brief Tells from a file's statistics that none of some keys can be in it.
///
/// Made for one set of keys; knows integers (and decimals without a fraction), dates,
/// times and texts. Immutable.
class KeyBounds {
 public:
  explicit KeyBounds(const KeySet& keys);
  /// false: surely none of the keys. `stats` is Delta's JSON; may be empty.
  bool MayHold(const std::string& stats) const;

 private:
  enum class Order { kNone, kInteger, kText, kDate, kTime };
  struct Column {
    std::string name;
    Order order = Order::kNone;
    /// Spelled so that the bytes' order is that of the values; sorted.
    std::vector<std::string> values;
  };
  static Order OrderOf(const arrow::DataType& type);

  std::vector<Column> columns_;
};

}  // namespace keelboat
