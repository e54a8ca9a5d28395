#include "lake/stores/s3/xml_answer.h"

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::s3 {
namespace {

TEST(XmlAnswerTest, ElementsTextAndReferences) {
  auto xml = ParseXml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
      "  <Name>b</Name><Empty/><!-- note -->\n"
      "  <Contents><Key>a&amp;b &lt;&#xfc;&#8364;&#x1F6A2;&gt;</Key></Contents>"
      "<Contents><Key>second</Key></Contents></ListBucketResult>\n");
  ASSERT_TRUE(xml.ok()) << xml.status();
  EXPECT_EQ(xml->name, "ListBucketResult");
  EXPECT_EQ(xml->Text("Name"), "b");
  EXPECT_EQ(xml->Text("Empty"), "");
  EXPECT_EQ(xml->Text("Absent"), "");
  ASSERT_EQ(xml->children.size(), 4u);
  EXPECT_EQ(xml->Find("Contents")->Text("Key"), "a&b <ü€🚢>");
}

TEST(XmlAnswerTest, AnythingElseIsAnError) {
  for (const char* text :
       {"", "no xml", "<a>", "<a></b>", "<a>&nope;</a>", "<a>&#x110000;</a>",
        "<a>&amp</a>", "<a/><b/>", "<!DOCTYPE html><html></html>", "<a><!ENTITY b></a>",
        "<a", "<?xml", "<></>"}) {
    EXPECT_EQ(KindOf(ParseXml(text).status()), ErrorKind::kUnavailable) << text;
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "<a>";
  EXPECT_FALSE(ParseXml(deep).ok());
}

}  // namespace
}  // namespace keelboat::s3
