"""Pages agree with the code and with one another: links, the reference, READMEs."""

import re
import subprocess
import sys

import pytest
from pages import ROOT, anchors, links, pages, read
from project_files import list_files

WEB = ("https://", "http://", "mailto:")


@pytest.mark.parametrize("page", pages(), ids=str)
def test_links_lead_somewhere(page):
    text = read(page)
    for link in links(text):
        if link.target.startswith(WEB):
            continue
        path, _, anchor = link.target.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}:{link.line}: {link.target}"
        if anchor:
            known = anchors(target.read_text(encoding="utf-8"))
            assert anchor in known, f"{page}:{link.line}: {link.target}: {sorted(known)}"


def test_files_named_by_path_exist():
    """`docs/….md` in pages and sources, the way they name one another without a link."""
    named = re.compile(r"\bdocs/[\w/.-]*\w\.md\b")
    missing = [
        f"{file}: {name}"
        for file in list_files(".md", ".h", ".cc", ".py", ".yaml", ".yml")
        if not str(file).startswith("examples/")
        for name in named.findall(read(file))
        if not (ROOT / name).is_file()
    ]
    assert missing == []


def test_cli_reference_is_fresh():
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "cli_reference.py"), "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def folders_of_sources() -> list[str]:
    return sorted(
        {str(file.parent) for file in list_files(".cc") if file.parts[0] == "src"}
    )


@pytest.mark.parametrize("folder", folders_of_sources())
def test_every_folder_says_what_belongs_there(folder):
    readme = ROOT / folder / "README.md"
    assert readme.is_file(), f"{folder} has no README.md"
    text = readme.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    for part in ("**Belongs here:**", "**Does not:**", "Depends on:", "Test alone:"):
        assert part in text, f"{folder}/README.md lacks {part}"


def test_the_map_is_short_and_names_every_folder():
    text = read("ARCHITECTURE.md")
    assert len(text.splitlines()) <= 200
    for folder in folders_of_sources():
        assert f"{folder}/" in text, folder


def test_decisions_have_numbers_of_their_own():
    names = [p.name for p in (ROOT / "docs/decisions").glob("[0-9]*.md")]
    numbers = [name[:4] for name in names]
    assert len(numbers) == len(set(numbers)) > 0
    for name in names:
        title = read(f"docs/decisions/{name}").splitlines()[0]
        assert title.startswith(f"# {name[:4]} "), name


def test_the_picture_is_one_file():
    """Nothing in it is fetched from elsewhere, and no path of somebody's home is shown."""
    svg = read("docs/images/demo.svg")
    addresses = set(re.findall(r"https?://[^\"'\s)]+", svg))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "rows in 9 tables, from MariaDB to tested marts" in svg.replace("&#160;", " ")
