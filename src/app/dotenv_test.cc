#include "app/dotenv.h"

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

std::string ValueOf(const std::string& text) {
  const auto dotenv = ParseDotenv(text, ".env");
  EXPECT_TRUE(dotenv.ok()) << dotenv.status().message();
  return dotenv.ok() ? dotenv->variables.at("A") : "";
}

TEST(Dotenv, ReadsValues) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"A=x", "x"},
      {"A=x\r\n", "x"},
      {"\xEF\xBB\xBF"
       "A=x",
       "x"},
      {"export A=x", "x"},
      {"  export\tA = x y  ", "x y"},
      {"A=", ""},
      {"A= # nothing", ""},
      {"A=#hash", "#hash"},
      {"A=x#y # comment", "x#y"},
      {"A=pa$$w$rd", "pa$$w$rd"},
      {"A=a=b==", "a=b=="},
      {"A='a \"b\" ${C} \\n' # comment", "a \"b\" ${C} \\n"},
      {R"(A="a 'b' \"c\" \\ \n \$ # d")", "a 'b' \"c\" \\ \n $ # d"},
      {"A=''", ""},
      {"A=é😀", "é😀"},
      {"# comment\n\n  # more\nA=x", "x"},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(ValueOf(text), value) << text;
}

TEST(Dotenv, LaterLineWinsWithAWarning) {
  const auto dotenv = ParseDotenv("A=secret1\nA=secret2", ".env");
  ASSERT_TRUE(dotenv.ok());
  EXPECT_EQ(dotenv->variables.at("A"), "secret2");
  ASSERT_EQ(dotenv->warnings.size(), 1u);
  EXPECT_EQ(dotenv->warnings[0], ".env:2: A is defined a second time; this line wins");
}

TEST(Dotenv, RefusesWithLineAndWithoutTheValue) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"A=1\nhunter2", ".env:2: expected NAME=value"},
      {"A=1\n\nB='hunter2\nrest'", ".env:3: the quote of B is not closed"},
      {"B=\"hunter2", ".env:1: the quote of B is not closed"},
      {"1A=hunter2", "no variable name"},
      {"A-B=hunter2", "no variable name"},
      {"é=hunter2", "no variable name"},
      {"=hunter2", "no variable name"},
      {"A='hunter2' hunter2", "follows the closing quote"},
      {"A=hunter2${B}", "nothing is expanded"},
      {"A=\"hunter2${B}\"", "nothing is expanded"},
      {R"(A="hunter2\q")", "unknown escape"},
      {std::string("A=hunter2\0", 10), "NUL"},
      {"A=hunter2\xFF", "not UTF-8"},
  };
  for (const auto& [text, message] : cases) {
    const auto dotenv = ParseDotenv(text, ".env");
    ASSERT_FALSE(dotenv.ok()) << text;
    EXPECT_EQ(KindOf(dotenv.status()), ErrorKind::kConfig);
    EXPECT_NE(dotenv.status().message().find(message), std::string::npos)
        << dotenv.status().message();
    EXPECT_EQ(dotenv.status().message().find("hunter2"), std::string::npos)
        << dotenv.status().message();
  }
}

TEST(Dotenv, KnowsSecretNames) {
  for (const char* name :
       {"MYSQL_PASSWORD", "api_key", "SLACK_WEBHOOK", "X_PWD", "TOKEN"}) {
    EXPECT_TRUE(IsSecretName(name)) << name;
  }
  for (const char* name : {"MYSQL_HOST", "MYSQL_USER", "MINIO_BUCKET"}) {
    EXPECT_FALSE(IsSecretName(name)) << name;
  }
}

}  // namespace
}  // namespace keelboat
