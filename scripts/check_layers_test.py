"""check_layers.py catches each forbidden arrow, and lets the allowed ones be."""

import tempfile
import unittest
from pathlib import Path

import check_layers

HEADERS = (
    "include/keelboat/error.h",
    "src/core/clock.h",
    "src/net/client.h",
    "src/sources/source.h",
    "src/sources/mysql/reader.h",
    "src/sources/metabase/reader.h",
    "src/lake/lake.h",
    "src/lake/delta/log.h",
    "src/lake/stores/local/store.h",
    "src/formats/parquet/writer.h",
    "src/planner/plan.h",
    "src/engine/engine.h",
    "src/app/config.h",
)


class CheckLayersTest(unittest.TestCase):
    def findings(self, path: str, *includes: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for header in (*HEADERS, path):
                (root / header).parent.mkdir(parents=True, exist_ok=True)
                (root / header).write_text("#pragma once\n")
            (root / path).write_text(
                "".join(f"#include {include}\n" for include in includes)
            )
            return check_layers.check_tree(root)[0]

    def assert_forbidden(self, path: str, include: str) -> None:
        found = self.findings(path, "<string>", include)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{path}:2: "), found[0])

    def assert_allowed(self, path: str, *includes: str) -> None:
        self.assertEqual(self.findings(path, *includes), [])

    def test_leaf_may_not_include_a_sibling(self):
        self.assert_forbidden("src/sources/mysql/split.cc", '"sources/metabase/reader.h"')
        self.assert_forbidden("src/lake/delta/commit.cc", '"lake/stores/local/store.h"')

    def test_leaf_may_not_include_another_familys_leaf(self):
        self.assert_forbidden("src/sources/mysql/split.cc", '"lake/delta/log.h"')

    def test_core_may_not_include_net_or_third_parties(self):
        self.assert_forbidden("src/core/retry.h", '"net/client.h"')
        self.assert_forbidden("src/core/retry.h", "<fmt/format.h>")

    def test_planner_and_engine_may_not_include_a_leaf(self):
        self.assert_forbidden("src/planner/split.cc", '"sources/mysql/reader.h"')
        self.assert_forbidden("src/engine/run.cc", '"lake/delta/log.h"')
        self.assert_forbidden("src/planner/split.cc", '"engine/engine.h"')

    def test_cli_may_not_include_a_leaf(self):
        self.assert_forbidden("src/cli/run.cc", '"sources/mysql/reader.h"')

    def test_public_headers_may_not_include_src(self):
        self.assert_forbidden("include/keelboat/run.h", '"core/clock.h"')
        self.assert_forbidden("include/keelboat/run.h", '"app/config.h"')

    def test_a_library_may_not_leave_its_leaf(self):
        self.assert_forbidden("src/engine/run.cc", "<mysql.h>")
        self.assert_forbidden("src/app/run.cc", "<CLI/CLI.hpp>")

    def test_missing_header_and_unknown_folder_are_findings(self):
        self.assert_forbidden("src/core/retry.h", '"retry_policy.h"')
        self.assertEqual(len(self.findings("src/helpers/text.h", "<string>")), 1)

    def test_tests_may_include_siblings_but_not_app(self):
        self.assert_allowed("src/lake/delta/log_test.cc", '"lake/stores/local/store.h"')
        self.assert_allowed("src/sources/mysql/read_bench.cc", '"support/server.h"')
        self.assert_forbidden("src/sources/mysql/read.cc", '"support/server.h"')
        self.assert_forbidden("src/lake/delta/log_test.cc", '"app/config.h"')

    def test_allowed_arrows(self):
        self.assert_allowed(
            "src/sources/mysql/split.cc", '"core/clock.h"', '"sources/source.h"',
            '"sources/mysql/reader.h"', '"keelboat/error.h"', "<mysql.h>", "<arrow/status.h>",
        )  # fmt: skip
        self.assert_allowed("src/lake/delta/commit.cc", '"formats/parquet/writer.h"')
        self.assert_allowed("src/engine/run.cc", '"planner/plan.h"', '"lake/lake.h"')
        self.assert_allowed(
            "src/app/registry.cc",
            '"sources/mysql/reader.h"',
            '"lake/stores/local/store.h"',
        )
        self.assert_allowed("src/cli/run.cc", '"app/config.h"', "<CLI/CLI.hpp>")

    def test_this_tree_is_read(self):
        root = Path(__file__).resolve().parent.parent
        self.assertGreater(check_layers.check_tree(root)[1], 10)


if __name__ == "__main__":
    unittest.main()
