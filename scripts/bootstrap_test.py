"""What scripts/bootstrap says and does about Debian packages that are missing."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REMEDY = (
    "keelboat needs these packages: run: "
    "sudo apt-get install -y --no-install-recommends libre2-dev ninja-build\n"
)
PROGRAMS = ("bash", "cat", "dirname", "env", "flock", "mkdir", "tail", "touch")
# All packages are there but two; once "installed", those are there too.
DPKG_QUERY = """
case "${*: -1}" in
  libre2-dev | ninja-build) [[ -f $STATE/installed ]] && echo -n installed ;;
  *) echo -n installed ;;
esac
"""
# The first install fails, as it does with no package lists; after an update it works.
APT_GET = """
echo "$*" >>"$STATE/apt-get.log"
case "$*" in
  *update*) touch "$STATE/updated" ;;
  *install*) [[ -f $STATE/updated ]] && touch "$STATE/installed" ;;
esac
"""


class BootstrapTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = Path(folder.name)
        self.stubs = self.state / "bin"
        self.stubs.mkdir()
        (self.state / "scripts").mkdir()
        shutil.copy(HERE / "bootstrap", self.state / "scripts")
        for program in PROGRAMS:
            (self.stubs / program).symlink_to(shutil.which(program))
        self.stub("dpkg-query", DPKG_QUERY)
        self.stub("apt-get", APT_GET)
        self.stub("id", "echo 1000")

    def stub(self, name: str, body: str) -> None:
        path = self.stubs / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(0o755)

    def bootstrap(self, *groups: str, **extra: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.state / "scripts" / "bootstrap", *groups],
            env={"PATH": str(self.stubs), "STATE": str(self.state), **extra},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def apt_calls(self) -> list[str]:
        log = self.state / "apt-get.log"
        return log.read_text().splitlines() if log.exists() else []

    def test_without_root_says_the_command_in_one_line(self):
        done = self.bootstrap("build")
        self.assertEqual((done.returncode, done.stderr, done.stdout), (2, REMEDY, ""))
        self.assertEqual(self.apt_calls(), [])

    def test_a_sudo_that_asks_for_a_password_is_not_used(self):
        self.stub("sudo", '[[ $1 != -n ]] && echo asked >>"$STATE/asked"; exit 1')
        done = self.bootstrap("build")
        self.assertEqual((done.returncode, done.stderr), (2, REMEDY))
        self.assertFalse((self.state / "asked").exists())

    def test_without_apt_says_the_command_in_one_line(self):
        (self.stubs / "apt-get").unlink()
        (self.stubs / "dpkg-query").unlink()
        self.stub("id", "echo 0")
        done = self.bootstrap("build")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertTrue(done.stderr.startswith(REMEDY.partition("libre2")[0]))

    def test_root_installs_what_is_missing_after_an_update(self):
        self.stub("id", "echo 0")
        done = self.bootstrap("build")
        self.assertIn("installing Debian packages: libre2-dev ninja-build", done.stderr)
        verbs = [call.split("Timeout=300 ")[1] for call in self.apt_calls()]
        install = "install -y --no-install-recommends libre2-dev ninja-build"
        self.assertEqual(verbs, [install, "update", install])
        # The next step has no Python here: it must have been reached, and must have failed.
        self.assertNotEqual(done.returncode, 0)

    def test_an_install_that_fails_names_the_log(self):
        self.stub("id", "echo 0")
        self.stub("apt-get", "echo 'E: no such package'; exit 100")
        done = self.bootstrap("build")
        self.assertEqual(done.returncode, 1)
        self.assertIn("E: no such package", done.stderr)
        self.assertIn("build/deps/apt.log", done.stderr)

    def test_an_unknown_group_is_named(self):
        done = self.bootstrap("tests")
        self.assertEqual(done.returncode, 2)
        self.assertIn("unknown group 'tests'", done.stderr)
        self.assertFalse(os.path.exists(self.state / "build"))


if __name__ == "__main__":
    unittest.main()
