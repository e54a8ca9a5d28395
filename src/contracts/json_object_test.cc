#include "contracts/json_object.h"

#include <string>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(JsonObject, ReadsMembersByKind) {
  const JsonValue value = ParseJson(R"({"t": "x", "n": 3, "f": true, "l": ["a", "b"],
      "o": {"inner": null}, "nothing": null})",
                                    "f.json")
                              .ValueOrDie();
  const JsonObject object = JsonObject::Make(value, "", "f.json").ValueOrDie();
  EXPECT_EQ(object.Text("t").ValueOrDie(), "x");
  EXPECT_EQ(object.Integer("n", 0, 3).ValueOrDie(), 3);
  EXPECT_EQ(object.Flag("f").ValueOrDie(), true);
  EXPECT_EQ(object.Names("l").ValueOrDie(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(object.Object("o").ValueOrDie()->PlaceOf("inner"), "o.inner");
  // Null is the same as absent.
  for (const char* name : {"nothing", "gone"}) {
    EXPECT_EQ(object.Text(name).ValueOrDie(), std::nullopt);
    EXPECT_EQ(object.Flag(name).ValueOrDie(), std::nullopt);
    EXPECT_EQ(object.Integer(name, 0, 1).ValueOrDie(), std::nullopt);
    EXPECT_TRUE(object.Names(name).ValueOrDie().empty());
    EXPECT_EQ(object.List(name).ValueOrDie(), nullptr);
    EXPECT_FALSE(object.Object(name).ValueOrDie().has_value());
    EXPECT_EQ(object.Require(name).status().message(),
              "f.json:1: '" + std::string(name) + "' is missing");
  }
}

TEST(JsonObject, NamesFileLineAndPlace) {
  const JsonValue value =
      ParseJson("{\"a\": {\n\"n\": 4,\n\"t\": \"\",\n\"l\": [1]}}", "f.json")
          .ValueOrDie();
  const JsonObject root = JsonObject::Make(value, "", "f.json").ValueOrDie();
  const JsonObject a = *root.Object("a").ValueOrDie();
  EXPECT_EQ(a.Text("n").status().message(),
            "f.json:2: a.n: expected a string, found a number");
  EXPECT_EQ(a.Integer("n", 0, 3).status().message(),
            "f.json:2: a.n: 4 is not a whole number from 0 to 3");
  EXPECT_EQ(a.RequiredText("t").status().message(), "f.json:3: a.t: is empty");
  EXPECT_EQ(a.Names("l").status().message(),
            "f.json:4: a.l: expected a list of names, found a number");
  EXPECT_EQ(a.CheckKeys({"n", "t"}).message(), "f.json:4: a: 'l' is not a known key");
  EXPECT_EQ(a.Error("", "odd").message(), "f.json:1: a: odd");
}

}  // namespace
}  // namespace keelboat
