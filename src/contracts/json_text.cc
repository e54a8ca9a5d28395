#include "contracts/json_text.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr std::size_t kMaxDepth = 64;

/// Walks the text and tells how far the parser has read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** read_to) : at_(at), read_to_(read_to) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *read_to_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** read_to_;
};

bool IsNumberCharacter(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' ||
         c == 'E';
}

/// The library's message without its own error number and position.
std::string BareMessage(const std::string& what) {
  std::size_t begin = what.find("] ");
  begin = begin == std::string::npos ? 0 : begin + 2;
  std::size_t position = what.find("column ", begin);
  if (position != std::string::npos) {
    std::size_t colon = what.find(": ", position);
    if (colon != std::string::npos) begin = colon + 2;
  }
  return what.substr(begin);
}

/// Receives the parser's events and builds the tree.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(std::string_view text, std::string file_name)
      : text_(text),
        file_name_(std::move(file_name)),
        read_to_(text.data()),
        counted_to_(text.data()) {}

  const char** read_to() { return &read_to_; }
  arrow::Status status() const { return status_; }
  JsonValue TakeRoot() { return std::move(root_); }

  bool null() override { return Add(Make(JsonKind::kNull)); }
  bool boolean(bool value) override {
    JsonValue made = Make(JsonKind::kBoolean);
    made.boolean = value;
    return Add(std::move(made));
  }
  bool number_integer(number_integer_t) override { return AddNumber(); }
  bool number_unsigned(number_unsigned_t) override { return AddNumber(); }
  bool number_float(number_float_t, const string_t&) override { return AddNumber(); }
  bool string(string_t& value) override {
    JsonValue made = Make(JsonKind::kString);
    made.text = std::move(value);
    return Add(std::move(made));
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return Open(JsonKind::kObject); }
  bool start_array(std::size_t) override { return Open(JsonKind::kArray); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    Frame& frame = open_.back();
    const int line = LineHere();
    auto [first, fresh] = frame.lines.emplace(name, line);
    if (!fresh) {
      status_ = JsonError(file_name_, line,
                          "'" + name + "' is given twice, first on line " +
                              std::to_string(first->second));
      return false;
    }
    frame.key = std::move(name);
    frame.key_line = line;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    const std::size_t at = position == 0 ? 0 : position - 1;
    std::size_t line_start = text_.substr(0, at).rfind('\n');
    line_start = line_start == std::string_view::npos ? 0 : line_start + 1;
    const int line = LineAt(text_.data() + std::min(at, text_.size()));
    const std::size_t column = at - std::min(at, line_start) + 1;
    status_ =
        MakeError(ErrorKind::kConfig,
                  file_name_ + ":" + std::to_string(line) + ":" + std::to_string(column) +
                      ": not JSON: " + BareMessage(error.what()),
                  {{"file", file_name_}, {"line", std::to_string(line)}});
    return false;
  }

 private:
  struct Frame {
    JsonValue value;
    std::unordered_map<std::string, int> lines;
    std::string key;
    int key_line = 1;
  };

  /// Counts on from the last answer: events come in the order of the text.
  int LineAt(const char* at) {
    if (at < counted_to_) {
      counted_to_ = text_.data();
      line_ = 1;
    }
    for (; counted_to_ < at; ++counted_to_) line_ += *counted_to_ == '\n' ? 1 : 0;
    return line_;
  }
  int LineHere() { return LineAt(read_to_); }

  JsonValue Make(JsonKind kind) {
    JsonValue made;
    made.kind = kind;
    made.line = LineHere();
    return made;
  }

  bool AddNumber() {
    // The parser has read one character past the number, except at the end of the text.
    const char* end = read_to_;
    if (end > text_.data() && !IsNumberCharacter(end[-1])) --end;
    const char* begin = end;
    while (begin > text_.data() && IsNumberCharacter(begin[-1])) --begin;
    JsonValue made;
    made.kind = JsonKind::kNumber;
    made.line = LineAt(begin);
    made.text.assign(begin, end);
    return Add(std::move(made));
  }

  bool Open(JsonKind kind) {
    if (open_.size() >= kMaxDepth) {
      status_ = JsonError(file_name_, LineHere(),
                          "nested deeper than " + std::to_string(kMaxDepth) + " levels");
      return false;
    }
    open_.emplace_back();
    open_.back().value = Make(kind);
    return true;
  }

  bool Close() {
    JsonValue done = std::move(open_.back().value);
    open_.pop_back();
    return Add(std::move(done));
  }

  bool Add(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = open_.back(); frame.value.kind == JsonKind::kArray) {
      frame.value.items.push_back(std::move(value));
    } else {
      frame.value.members.push_back(
          {std::move(frame.key), frame.key_line, std::move(value)});
    }
    return true;
  }

  std::string_view text_;
  std::string file_name_;
  const char* read_to_;
  const char* counted_to_;
  int line_ = 1;
  std::vector<Frame> open_;
  JsonValue root_;
  arrow::Status status_;
};

}  // namespace

const char* JsonKindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kBoolean:
      return "true or false";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kString:
      return "a string";
    case JsonKind::kArray:
      return "a list";
    case JsonKind::kObject:
      return "an object";
  }
  return "a value";
}

const JsonMember* JsonValue::Find(std::string_view name) const {
  for (const JsonMember& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

arrow::Status JsonError(const std::string& file_name, int line, std::string message) {
  return MakeError(ErrorKind::kConfig,
                   file_name + ":" + std::to_string(line) + ": " + std::move(message),
                   {{"file", file_name}, {"line", std::to_string(line)}});
}

arrow::Result<JsonValue> ParseJson(std::string_view text, const std::string& file_name) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return JsonError(file_name, 1, "the file is empty");
  }
  TreeBuilder builder(text, file_name);
  CountingIterator begin(text.data(), builder.read_to());
  CountingIterator end(text.data() + text.size(), builder.read_to());
  const bool parsed = nlohmann::json::sax_parse(begin, end, &builder);
  ARROW_RETURN_NOT_OK(builder.status());
  if (!parsed) return JsonError(file_name, 1, "not JSON");
  return builder.TakeRoot();
}

}  // namespace keelboat
