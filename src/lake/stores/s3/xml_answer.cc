#include "lake/stores/s3/xml_answer.h"

#include <charconv>
#include <utility>

#include "keelboat/error.h"

namespace keelboat::s3 {
namespace {

constexpr int kDeepest = 32;

arrow::Status NotXml() {
  return MakeError(ErrorKind::kUnavailable, "the answer is not the XML that S3 speaks");
}

void AppendUtf8(uint32_t code, std::string* text) {
  auto tail = [&](int shift) {
    *text += static_cast<char>(0x80 | ((code >> shift) & 0x3f));
  };
  if (code < 0x80) {
    *text += static_cast<char>(code);
  } else if (code < 0x800) {
    *text += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    *text += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    *text += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  arrow::Result<XmlElement> Document() {
    ARROW_RETURN_NOT_OK(SkipMisc());
    XmlElement root;
    ARROW_RETURN_NOT_OK(Element(&root, 0));
    ARROW_RETURN_NOT_OK(SkipMisc());
    if (!rest_.empty()) return NotXml();
    return root;
  }

 private:
  void SkipBlanks() {
    const std::size_t blanks = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(blanks, rest_.size()));
  }

  // Whether a declaration or comment was passed over.
  arrow::Result<bool> SkipNote() {
    for (const auto& [open, close] :
         {std::pair<std::string_view, std::string_view>("<?", "?>"), {"<!--", "-->"}}) {
      if (!rest_.starts_with(open)) continue;
      const std::size_t end = rest_.find(close);
      if (end == std::string_view::npos) return NotXml();
      rest_.remove_prefix(end + close.size());
      return true;
    }
    return false;
  }

  arrow::Status SkipMisc() {
    while (true) {
      SkipBlanks();
      ARROW_ASSIGN_OR_RAISE(bool skipped, SkipNote());
      if (!skipped) return arrow::Status::OK();
    }
  }

  arrow::Status Element(XmlElement* element, int depth) {
    // No document type either: it would begin with "<!".
    if (depth > kDeepest || !rest_.starts_with('<') || rest_.starts_with("<!")) {
      return NotXml();
    }
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return NotXml();
    std::string_view tag = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    const bool empty = tag.ends_with('/');
    if (empty) tag.remove_suffix(1);
    const std::string_view full = tag.substr(0, tag.find_first_of(" \t\r\n"));
    if (full.empty()) return NotXml();
    element->name = full.substr(full.find(':') + 1);
    if (empty) return arrow::Status::OK();
    return Content(element, full, depth);
  }

  arrow::Status Content(XmlElement* element, std::string_view full, int depth) {
    while (true) {
      const std::size_t next = rest_.find('<');
      if (next == std::string_view::npos) return NotXml();
      ARROW_RETURN_NOT_OK(AppendText(rest_.substr(0, next), &element->text));
      rest_.remove_prefix(next);
      if (rest_.starts_with("</")) break;
      ARROW_ASSIGN_OR_RAISE(bool skipped, SkipNote());
      if (skipped) continue;
      ARROW_RETURN_NOT_OK(Element(&element->children.emplace_back(), depth + 1));
    }
    rest_.remove_prefix(2);
    if (!rest_.starts_with(full)) return NotXml();
    rest_.remove_prefix(full.size());
    SkipBlanks();
    if (!rest_.starts_with('>')) return NotXml();
    rest_.remove_prefix(1);
    return arrow::Status::OK();
  }

  static arrow::Status AppendText(std::string_view raw, std::string* text) {
    while (!raw.empty()) {
      const std::size_t mark = std::min(raw.find('&'), raw.size());
      text->append(raw.substr(0, mark));
      raw.remove_prefix(mark);
      if (raw.empty()) break;
      const std::size_t end = raw.find(';');
      if (end == std::string_view::npos) return NotXml();
      ARROW_RETURN_NOT_OK(AppendReference(raw.substr(1, end - 1), text));
      raw.remove_prefix(end + 1);
    }
    return arrow::Status::OK();
  }

  static arrow::Status AppendReference(std::string_view name, std::string* text) {
    constexpr std::pair<std::string_view, char> kNamed[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, character] : kNamed) {
      if (name != known) continue;
      *text += character;
      return arrow::Status::OK();
    }
    if (!name.starts_with('#')) return NotXml();
    const bool hex = name.starts_with("#x");
    name.remove_prefix(hex ? 2 : 1);
    uint32_t code = 0;
    const char* end = name.data() + name.size();
    const auto read = std::from_chars(name.data(), end, code, hex ? 16 : 10);
    constexpr uint32_t kLastCharacter = 0x10ffff;
    if (read.ec != std::errc() || read.ptr != end || code > kLastCharacter) {
      return NotXml();
    }
    AppendUtf8(code, text);
    return arrow::Status::OK();
  }

  std::string_view rest_;
};

}  // namespace

const XmlElement* XmlElement::Find(std::string_view child) const {
  for (const XmlElement& one : children) {
    if (one.name == child) return &one;
  }
  return nullptr;
}

std::string_view XmlElement::Text(std::string_view child) const {
  const XmlElement* found = Find(child);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

arrow::Result<XmlElement> ParseXml(std::string_view text) {
  return Parser(text).Document();
}

}  // namespace keelboat::s3
