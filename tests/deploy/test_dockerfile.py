"""deploy/Dockerfile holds what the program needs, and does not run as root."""

import json
import re
import shutil
import subprocess
from pathlib import Path

from deployment import BINARY, DEPLOY, ROOT

TEXT = (DEPLOY / "Dockerfile").read_text()
IGNORED = (DEPLOY / "Dockerfile.dockerignore").read_text()
HOME = "/opt/keelboat/"


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage: (word, rest), continued lines joined."""
    lines = re.sub(r"^\s*#.*\n", "", TEXT, flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", lines).splitlines()
    found = []
    for line in filter(str.strip, lines):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            found.append([])
        found[-1].append((word, re.sub(r"\s+", " ", rest)))
    return found


def values(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for name, rest in stage if name == word]


def installed(stage: list[tuple[str, str]]) -> set[str]:
    text = " ".join(values(stage, "RUN"))
    packages = re.findall(r"apt-get install -y --no-install-recommends ([^&]+)", text)
    return set(" ".join(packages).split())


def test_two_stages_of_one_pinned_image():
    build, final = stages()
    assert values(build, "FROM") == ["debian:bookworm-slim AS build"]
    assert values(final, "FROM") == ["debian:bookworm-slim"]


def test_it_does_not_run_as_root():
    final = stages()[-1]
    assert values(final, "USER") == ["10001:10001"]
    assert "useradd --uid 10001 --create-home --home-dir /home/keelboat" in TEXT
    words = [word for word, _ in final]
    assert "RUN" not in words[words.index("USER") :]


def test_what_is_copied_is_what_the_build_leaves():
    build, final = stages()
    assert values(build, "WORKDIR") == [HOME.rstrip("/")]
    copies = values(final, "COPY")
    assert len(copies) == 4
    for copy in copies:
        option, source, target = copy.split()
        assert option == "--from=build"
        # The program knows its parts by where they were when it was built.
        assert source == target
        assert (ROOT / source.removeprefix(HOME)).exists(), source


def test_every_library_of_the_program_is_in_the_image():
    """Each shared library comes from .venv or from a package that is installed."""
    listed = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True)
    wanted = re.findall(r"=> (\S+) \(0x", listed.stdout)
    assert wanted and "not found" not in listed.stdout
    system = [path for path in wanted if not path.startswith(str(ROOT))]
    assert any("/.venv/" in path for path in wanted)
    packages = set()
    for path in system:
        name = path.rsplit("/", 1)[1]
        owner = subprocess.run(
            ["dpkg", "-S", f"*/{name}"], capture_output=True, text=True, check=True
        ).stdout
        packages.add(owner.split(":")[0])
    # Of every Debian: the C and C++ libraries.
    packages -= {"libc6", "libgcc-s1", "libstdc++6"}
    direct = linked_directly()
    missing = {p for p in packages if p in direct} - installed(stages()[-1])
    assert direct and not missing, f"the final stage lacks {sorted(missing)}"


def linked_directly() -> set[str]:
    """Packages of the libraries that the program itself names; theirs follow by apt."""
    text = subprocess.run(
        ["readelf", "-d", BINARY], capture_output=True, text=True, check=True
    ).stdout
    packages = set()
    for name in re.findall(r"\(NEEDED\).*\[(.+?)\]", text):
        owner = subprocess.run(
            ["dpkg", "-S", f"*/{name}"], capture_output=True, text=True, check=False
        ).stdout
        if owner:
            packages.add(owner.split(":")[0])
    return packages


def test_python_has_the_version_of_the_environment():
    link = (ROOT / ".venv" / "bin" / "python").resolve()
    assert link.name.startswith("python3")
    assert "python3" in installed(stages()[-1])


def test_start(commands):
    final = stages()[-1]
    assert json.loads(values(final, "ENTRYPOINT")[0]) == ["keelboat"]
    assert json.loads(values(final, "CMD")[0]) == ["--help"]
    assert values(final, "WORKDIR") == ["/project"]
    path = re.search(r"PATH=(\S+?):\$PATH", TEXT)[1]
    assert (ROOT / path.removeprefix(HOME) / "keelboat").is_file()
    for flag in re.findall(r"keelboat (\w+)$", TEXT, re.MULTILINE):
        assert flag in commands


def test_secrets_and_built_things_stay_out_of_the_build():
    ignored = IGNORED.split()
    assert {".git", ".venv", "build", "**/.env", "**/*.p8", "**/*.pem"} <= set(ignored)
    assert not re.search(r"(PASSWORD|SECRET|TOKEN|_KEY)\s*=", TEXT)
    # The build itself must not miss what is left out.
    for needed in ("scripts", "src", "examples", "requirements.txt", "cmake", "LICENSE"):
        assert needed not in ignored and (ROOT / needed).exists()


def ignored_by_docker(folder: str, names: list[str]) -> list[str]:
    """Which of a folder's names .dockerignore leaves out (for `shutil.copytree`)."""
    found = []
    for name in names:
        path = (Path(folder) / name).relative_to(ROOT)
        for pattern in IGNORED.splitlines()[1:]:
            # `**/` stands for any folders, and for none; other patterns begin at the root.
            tail = pattern.removeprefix("**/")
            depth = len(path.parts) if tail != pattern else pattern.count("/") + 1
            if len(path.parts) == depth and path.match(tail):
                found.append(name)
                break
    return found


def test_the_build_does_without_what_stays_out(tmp_path):
    """CMake makes its plan in a copy of what the build sees."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=ignored_by_docker, symlinks=True)
    assert not (copy / "tests").exists()
    # What `make build` has installed by then.
    (copy / "build").mkdir()
    (copy / "build" / "deps").symlink_to(ROOT / "build" / "deps")
    (copy / ".venv").symlink_to(ROOT / ".venv")
    done = subprocess.run(
        ["cmake", "--preset", "release"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def lint(path: Path) -> subprocess.CompletedProcess:
    hadolint = ROOT / ".venv" / "bin" / "hadolint"
    return subprocess.run(
        [hadolint, "--no-color", str(path)], capture_output=True, text=True, check=False
    )


def test_the_linter_finds_nothing():
    done = lint(DEPLOY / "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_notices(tmp_path):
    broken = tmp_path / "Dockerfile"
    broken.write_text(TEXT.replace("USER 10001:10001", "USER root"))
    assert "DL3002" in lint(broken).stdout
