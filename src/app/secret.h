#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace keelboat {

/// \brief A text that must not be shown: it prints as "***".
///
/// A value. Only `Reveal` gives the text away, so that every use can be found by name.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret& secret) {
    return out << (secret.empty() ? "" : "***");
  }

 private:
  std::string text_;
};

}  // namespace keelboat
