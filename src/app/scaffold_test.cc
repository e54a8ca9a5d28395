#include "app/scaffold.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include <arrow/type.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/metadata.h"
#include "contracts/contract.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

class ScaffoldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "keelboat-init-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = fs::canonical(pattern);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string ReadBack(const std::string& path) {
    std::ifstream file(folder_ / path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  fs::path folder_;
};

Relation Table(const std::string& name, std::vector<std::string> key) {
  Relation relation;
  relation.table = name;
  relation.primary_key = std::move(key);
  relation.schema = arrow::schema(
      {arrow::field("id", arrow::int64(), false),
       arrow::field("updated_at", arrow::timestamp(arrow::TimeUnit::MICRO), false)});
  return relation;
}

MysqlSettings Shop() {
  MysqlSettings mysql;
  mysql.host = "db.example.org";
  mysql.port = 3307;
  mysql.user = "shop";
  mysql.password = Secret("hunter2");
  mysql.database = "my shop";
  return mysql;
}

TEST_F(ScaffoldTest, KeepsWhatIsThere) {
  fs::create_directories(folder_ / "a");
  std::ofstream(folder_ / "a" / "mine") << "mine";
  fs::create_symlink("nowhere", folder_ / "link");
  const std::vector<ProjectFile> files = {{"a/mine", "x"},
                                          {"a/new", std::string("y\0z", 3)},
                                          {"b/c/empty", ""},
                                          {"link", "x"}};
  const auto project = WriteProject(folder_, files);
  ASSERT_TRUE(project.ok()) << project.status().message();
  EXPECT_EQ(project->written, (std::vector<std::string>{"a/new", "b/c/empty"}));
  EXPECT_EQ(project->kept, (std::vector<std::string>{"a/mine", "link"}));
  EXPECT_EQ(ReadBack("a/mine"), "mine");
  EXPECT_EQ(ReadBack("a/new"), files[1].text);
  EXPECT_FALSE(fs::exists(folder_ / "nowhere"));
  EXPECT_TRUE(fs::exists(folder_ / "b/c/empty"));
  EXPECT_TRUE(WriteProject(folder_, files)->written.empty());
}

TEST_F(ScaffoldTest, NamesThePathThatCannotBeWritten) {
  std::ofstream(folder_ / "file") << "x";
  const auto project = WriteProject(folder_, {{"file/below", "x"}});
  ASSERT_FALSE(project.ok());
  EXPECT_EQ(KindOf(project.status()), ErrorKind::kConfig);
  EXPECT_NE(project.status().message().find((folder_ / "file").string()),
            std::string::npos);
}

TEST_F(ScaffoldTest, EmptyProjectLoadsOnceFilledIn) {
  ASSERT_TRUE(WriteProject(folder_, EmptyProject("My Shop")).ok());
  const auto missing = LoadProject({folder_, "", {}});
  EXPECT_NE(missing.status().message().find("variable MYSQL_USER is not set"),
            std::string::npos);
  const auto config = LoadProject(
      {folder_,
       "",
       {{"MYSQL_USER", "u"}, {"MYSQL_PASSWORD", "p"}, {"MYSQL_DATABASE", "d"}}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, "my_shop");
  EXPECT_EQ(config->environment, "dev");
  EXPECT_TRUE(CheckSupported(*config, {true, true}).ok());
}

TEST_F(ScaffoldTest, TemplateLoads) {
  const auto files = TemplateProject("olist");
  ASSERT_TRUE(files.ok());
  ASSERT_TRUE(WriteProject(folder_, *files).ok());
  for (const ProjectFile& file : *files) EXPECT_EQ(ReadBack(file.path), file.text);
  const auto config = LoadProject({folder_, "", {{"MYSQL_PASSWORD", "p"}}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->name, "olist");
  EXPECT_TRUE(config->dbt.has_value());
  EXPECT_TRUE(fs::exists(folder_ / ".env.example"));
  EXPECT_TRUE(fs::exists(folder_ / ".gitignore"));
  EXPECT_EQ(TemplateProject("olits").status().message(),
            "there is no template 'olits' (did you mean 'olist'?); there is: olist");
}

TEST_F(ScaffoldTest, DraftLoadsAndHoldsNoPassword) {
  Relation orders = Table("orders", {"id"});
  orders.indexes = {{"by_update", {"updated_at"}, false}};
  orders.comment = "Orders | of \"all\" shops";
  orders.estimated_rows = 99441;
  Relation logs = Table("logs", {});
  Relation codes = Table("Códigos", {});
  codes.indexes = {{"u", {"id"}, true}};
  const auto project =
      DraftProject("My Shop", Shop(), {codes, logs, orders, Table("a/b", {"id"})});
  ASSERT_TRUE(project.ok()) << project.status().message();
  for (const ProjectFile& file : project->files) {
    EXPECT_EQ(file.text.find("hunter2"), std::string::npos) << file.path;
  }
  ASSERT_TRUE(WriteProject(folder_, project->files).ok());
  const auto metadata = nlohmann::json::parse(ReadBack("metadata/table_metadata.json"));
  EXPECT_EQ(metadata["orders"],
            nlohmann::json({{"load_strategy", "incremental"},
                            {"incremental_column", "updated_at"},
                            {"description", "Orders | of \"all\" shops"},
                            {"primary_key", {"id"}}}));
  EXPECT_EQ(metadata["a/b"], nlohmann::json({{"load_strategy", "full"},
                                             {"incremental_column", "id"},
                                             {"primary_key", {"id"}}}));
  EXPECT_EQ(metadata["logs"], nlohmann::json({{"load_strategy", "full"}}));
  EXPECT_EQ(metadata["Códigos"]["primary_key"], nlohmann::json({"id"}));
  const auto specs = ParseTableMetadata(ReadBack("metadata/table_metadata.json"),
                                        "table_metadata.json", "my_shop");
  ASSERT_TRUE(specs.ok()) << specs.status().message();
  EXPECT_EQ(specs->size(), 4u);
  const auto contract = Contract::Parse(ReadBack("schema/orders.json"), "orders.json");
  ASSERT_TRUE(contract.ok()) << contract.status().message();
  EXPECT_EQ(contract->columns(), (std::vector<std::string>{"id", "updated_at"}));
  EXPECT_FALSE(fs::exists(folder_ / "schema/a"));
  std::string notes;
  for (const std::string& note : project->notes) notes += note + "\n";
  EXPECT_NE(notes.find("table logs has no key"), std::string::npos) << notes;
  EXPECT_NE(notes.find("table orders is incremental on updated_at"), std::string::npos);
  EXPECT_NE(notes.find("table a/b could be incremental on id"), std::string::npos);
  EXPECT_NE(notes.find("table a/b got no contract"), std::string::npos);
  EXPECT_NE(ReadBack("README.md").find("| orders | 99441 | id |"), std::string::npos);

  EXPECT_NE(LoadProject({folder_, "", {}})
                .status()
                .message()
                .find("variable MYSQL_PASSWORD is not set"),
            std::string::npos);
  const auto config = LoadProject({folder_, "", {{"MYSQL_PASSWORD", "p"}}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  const auto* mysql = &std::get<MysqlSettings>(config->sources.at("my_shop").settings);
  EXPECT_EQ(mysql->host, "db.example.org");
  EXPECT_EQ(mysql->port, 3307);
  EXPECT_EQ(mysql->database, "my shop");
}

TEST_F(ScaffoldTest, DotenvExampleIsADotenv) {
  MysqlSettings mysql = Shop();
  mysql.user = "o'brien";
  mysql.database = "a $b # c";
  mysql.socket = "/run/my sock";
  mysql.password = Secret();
  const auto project = DraftProject("x", mysql, {Table("t", {"id"})});
  ASSERT_TRUE(project.ok());
  ASSERT_TRUE(WriteProject(folder_, project->files).ok());
  fs::copy_file(folder_ / ".env.example", folder_ / ".env");
  const auto config = LoadProject({folder_, "", {}});
  ASSERT_TRUE(config.ok()) << config.status().message();
  const auto* read = &std::get<MysqlSettings>(config->sources.at("x").settings);
  EXPECT_EQ(read->user, "o'brien");
  EXPECT_EQ(read->socket, "/run/my sock");
  EXPECT_EQ(read->database, "a $b # c");
  EXPECT_EQ(read->password.Reveal(), "change-me");
}

/// A source with a fixed list of tables.
class FixedSource : public Source {
 public:
  explicit FixedSource(std::vector<std::string> tables) : tables_(std::move(tables)) {}
  const std::string& name() const override { return name_; }
  arrow::Result<SourceInfo> Check(const std::stop_token&) override {
    return SourceInfo{};
  }
  arrow::Result<std::vector<std::string>> ListTables(const std::stop_token&) override {
    return tables_;
  }
  arrow::Result<Relation> DescribeTable(const std::string& table,
                                        const std::stop_token&) override {
    if (table == "gone") return MakeError(ErrorKind::kNotFound, "it is gone");
    return Table(table, {});
  }
  arrow::Result<int64_t> CountDuplicates(const std::string&,
                                         const std::vector<std::string>&,
                                         const std::stop_token&) override {
    return 0;
  }
  arrow::Result<std::shared_ptr<SourceReader>> Read(const Relation&, const Partition&,
                                                    const std::stop_token&) override {
    return MakeError(ErrorKind::kInternal, "not read");
  }
  arrow::Result<Relation> DescribeQuery(const std::string& sql,
                                        const std::stop_token&) override {
    return arrow::Status::NotImplemented(sql);
  }
  arrow::Result<Split> SplitRelation(const Relation&, const SplitRequest&,
                                     const std::stop_token&) override {
    return arrow::Status::NotImplemented("split");
  }
  arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
      const SnapshotRequest&, const std::stop_token&) override {
    return arrow::Status::NotImplemented("snapshot");
  }

 private:
  std::string name_ = "fixed";
  std::vector<std::string> tables_;
};

TEST_F(ScaffoldTest, DescribesEveryTable) {
  FixedSource source({"a", "b"});
  const auto relations = DescribeDatabase(source, {});
  ASSERT_TRUE(relations.ok());
  ASSERT_EQ(relations->size(), 2u);
  EXPECT_EQ((*relations)[1].table, "b");
  FixedSource empty({});
  EXPECT_EQ(KindOf(DescribeDatabase(empty, {}).status()), ErrorKind::kNotFound);
  FixedSource broken({"a", "gone"});
  EXPECT_EQ(DescribeDatabase(broken, {}).status().message(),
            "describing table gone: it is gone");
}

}  // namespace
}  // namespace keelboat
