#include "lake/delta/name.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <random>

#include "keelboat/error.h"

namespace keelboat::delta {
namespace {

constexpr std::string_view kRunBegin = "_x";
constexpr std::string_view kRunEnd = "_";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_' || c == '-' || c == '.';
}

void AppendHex(std::string* text, char c) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  *text += kDigits[byte >> 4];
  *text += kDigits[byte & 15];
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool IsUpperHex(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

uint32_t Random() {
  static thread_local std::random_device device;
  return device();
}

}  // namespace

std::string FolderOfTable(std::string_view name) {
  std::string folder;
  bool in_run = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool hidden = i == 0 && name[i] == '.';
    const bool like_a_run = name[i] == '_' && i + 2 < name.size() && name[i + 1] == 'x' &&
                            IsUpperHex(name[i + 2]);
    const bool escaped = !IsPlain(name[i]) || hidden || like_a_run;
    if (escaped != in_run) folder += escaped ? kRunBegin : kRunEnd;
    in_run = escaped;
    if (escaped) {
      AppendHex(&folder, name[i]);
    } else {
      folder += name[i];
    }
  }
  if (in_run) folder += kRunEnd;
  return folder;
}

std::string TableOfFolder(std::string_view folder) {
  std::string name;
  for (std::size_t i = 0; i < folder.size();) {
    std::size_t end = i;
    if (folder.substr(i).starts_with(kRunBegin)) {
      end = i + kRunBegin.size();
      while (end < folder.size() && IsUpperHex(folder[end])) ++end;
    }
    const std::size_t digits = end == i ? 0 : end - i - kRunBegin.size();
    const bool run =
        digits > 0 && digits % 2 == 0 && folder.substr(end).starts_with(kRunEnd);
    if (!run) {
      name += folder[i++];
      continue;
    }
    for (std::size_t at = i + kRunBegin.size(); at < end; at += 2) {
      name += static_cast<char>(HexValue(folder[at]) * 16 + HexValue(folder[at + 1]));
    }
    i = end + kRunEnd.size();
  }
  return name;
}

std::string EncodePath(std::string_view path) {
  std::string encoded;
  for (char c : path) {
    if (IsPlain(c) || c == '~' || c == '/') {
      encoded += c;
    } else {
      encoded += '%';
      AppendHex(&encoded, c);
    }
  }
  return encoded;
}

arrow::Result<std::string> DecodePath(std::string_view encoded) {
  std::string path;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      path += encoded[i];
      continue;
    }
    const bool complete = i + 2 < encoded.size();
    const int high = complete ? HexValue(encoded[i + 1]) : -1;
    const int low = complete ? HexValue(encoded[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return MakeError(ErrorKind::kData,
                       "broken percent-encoding in '" + std::string(encoded) + "'");
    }
    path += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return path;
}

std::string NewDataFileName(int ordinal, std::string_view run_id, int number) {
  std::string run;
  for (char c : run_id) run += IsPlain(c) ? c : '-';
  char head[24];
  char tail[48];
  std::snprintf(head, sizeof head, "part-%05d-", ordinal);
  std::snprintf(tail, sizeof tail, "-%04d-%08x.zstd.parquet", number, Random());
  return head + run + tail;
}

std::string NewUuid() {
  const std::array<uint32_t, 4> words = {Random(), Random(), Random(), Random()};
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-%04x-%04x%08x", words[0],
                words[1] >> 16, words[1] & 0xFFF, 0x8000 | (words[2] >> 16 & 0x3FFF),
                words[2] & 0xFFFF, words[3]);
  return text;
}

}  // namespace keelboat::delta
