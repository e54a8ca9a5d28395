#include "lake/stores/s3/profile.h"

#include <fstream>
#include <map>
#include <string_view>
#include <utility>

#include "keelboat/error.h"

namespace keelboat::s3 {
namespace {

using Section = std::map<std::string, std::string, std::less<>>;
using Sections = std::map<std::string, Section, std::less<>>;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
    text.remove_suffix(1);
  }
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') {
    text.remove_prefix(1);
  }
  return text;
}

// "[name]", "key = value", "# remark"; values below a key (indented) are nobody's here.
Sections ReadFile(const std::string& path) {
  Sections sections;
  std::ifstream file(path);
  Section* section = nullptr;
  for (std::string line; std::getline(file, line);) {
    const bool indented = line.starts_with(' ') || line.starts_with('\t');
    const std::string_view text = Trimmed(line);
    if (text.empty() || text.starts_with('#') || text.starts_with(';')) continue;
    if (text.starts_with('[')) {
      std::string_view name = Trimmed(text.substr(1, text.find(']') - 1));
      if (name.starts_with("profile ")) name = Trimmed(name.substr(8));
      section = &sections[std::string(name)];
      continue;
    }
    const std::size_t equals = text.find('=');
    if (section == nullptr || indented || equals == std::string_view::npos) continue;
    (*section)[std::string(Trimmed(text.substr(0, equals)))] =
        Trimmed(text.substr(equals + 1));
  }
  return sections;
}

std::string ValueOf(const Section& section, std::string_view key) {
  const auto found = section.find(key);
  return found == section.end() ? std::string() : found->second;
}

// How a profile without keys of its own comes to some, where that is not read here.
std::string OtherWay(const Section& section) {
  for (const char* key :
       {"role_arn", "sso_session", "sso_start_url", "credential_process",
        "web_identity_token_file", "login_session"}) {
    if (section.contains(key)) return key;
  }
  return {};
}

}  // namespace

arrow::Result<LentKeys> KeysOfProfile(const KeyPlaces& places) {
  const std::string name = places.profile.empty() ? "default" : places.profile;
  bool known = false;
  std::string other;
  for (const std::string& path : {places.credentials_file, places.config_file}) {
    if (path.empty()) continue;
    const Sections sections = ReadFile(path);
    const auto found = sections.find(name);
    if (found == sections.end()) continue;
    known = true;
    LentKeys lent;
    lent.keys = {ValueOf(found->second, "aws_access_key_id"),
                 ValueOf(found->second, "aws_secret_access_key"),
                 ValueOf(found->second, "aws_session_token")};
    lent.origin = "profile '" + name + "' of " + path;
    if (!lent.keys.access_key.empty() && !lent.keys.secret_key.empty()) return lent;
    if (other.empty()) other = OtherWay(found->second);
  }
  const std::string files = places.credentials_file + " and " + places.config_file;
  if (!other.empty()) {
    return MakeError(ErrorKind::kConfig,
                     "the profile '" + name + "' gets its keys by " + other +
                         ", which is not followed here: run `aws configure "
                         "export-credentials --profile " +
                         name +
                         " --format env` and set what it prints (AWS_ACCESS_KEY_ID, "
                         "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)");
  }
  const std::string missing =
      known ? "the profile '" + name + "' of " + files + " has no keys"
            : "there is no profile '" + name + "' in " + files;
  if (places.profile.empty()) return MakeError(ErrorKind::kNotFound, missing);
  return MakeError(ErrorKind::kConfig,
                   missing + ": correct lake.profile or AWS_PROFILE, or add it");
}

}  // namespace keelboat::s3
