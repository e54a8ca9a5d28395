#include "contracts/value_format.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

void Expect(TextFormat format, bool has, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    EXPECT_EQ(HasFormat(text, format), has)
        << TextFormatName(format) << " '" << text << "'";
  }
}

TEST(ValueFormat, Date) {
  Expect(TextFormat::kDate, true,
         {"2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"});
  Expect(TextFormat::kDate, false,
         {"", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31",
          "2024-1-1", "24-01-01", "2024/01/01", "2024-01-01 ", " 2024-01-01",
          "0000-00-00", "2024-01-01T00:00:00"});
}

TEST(ValueFormat, DateTime) {
  Expect(TextFormat::kDateTime, true,
         {"2024-01-31T23:59:59Z", "2024-01-31t23:59:59z", "2024-01-31 23:59:59",
          "2024-01-31T23:59:59.123456+05:30", "2024-01-31T00:00:00-23:59",
          "2016-12-31T23:59:60Z"});
  Expect(TextFormat::kDateTime, false,
         {"", "2024-01-31", "2024-01-31T24:00:00", "2024-01-31T23:60:00",
          "2024-01-31T23:58:60Z", "2024-01-31T23:59", "2024-01-31T23:59:59.",
          "2024-01-31T23:59:59+0530", "2024-01-31T23:59:59+24:00", "2024-01-31_23:59:59",
          "2024-02-30T00:00:00", "2024-01-31T23:59:59ZZ"});
}

TEST(ValueFormat, Time) {
  Expect(TextFormat::kTime, true,
         {"00:00:00", "23:59:59.9", "12:00:00Z", "12:00:00+01:00"});
  Expect(TextFormat::kTime, false,
         {"", "24:00:00", "1:00:00", "12:00", "838:59:59", "-01:00:00"});
}

TEST(ValueFormat, Email) {
  Expect(TextFormat::kEmail, true,
         {"a@b", "ana.maria+x@exemplo.com.br", "!#$%&'*+-/=?^_`{|}~@x-y.z0",
          std::string(64, 'a') + "@b.co"});
  Expect(TextFormat::kEmail, false,
         {"", "a", "@b", "a@", "a@@b", ".a@b", "a.@b", "a..b@c", "a b@c", "a@b..c",
          "a@-b", "a@b-", "a@b-.c", "a@b_c", "josé@b.co", "\"a\"@b.co",
          std::string(65, 'a') + "@b.co", "a@" + std::string(64, 'b'), "a@b."});
}

TEST(ValueFormat, Uuid) {
  Expect(
      TextFormat::kUuid, true,
      {"00000000-0000-0000-0000-000000000000", "2EB8AA08-aa98-11ea-B4aa-73b441d16380"});
  Expect(
      TextFormat::kUuid, false,
      {"", "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4aa-73b441d1638",
       "2eb8aa08-aa98-11ea-b4aa-73b441d163800", "2eb8aa08-aa98-11ea-b4aa73b441d16380-",
       "2eb8aa08-aa98-11ea-b4ga-73b441d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d1638}"});
}

}  // namespace
}  // namespace keelboat
