"""Hold the arrows between folders: read every #include under src/ and include/.

usage: check_layers.py [ROOT]
"""

import re
import sys
from fnmatch import fnmatchcase
from pathlib import Path

# folder -> what it may include besides itself. A new arrow is a new word here, so that a
# review sees it. "x/*" is a leaf: its own folder, never a sibling. A family's folder ("lake")
# stands for the headers that lie directly in it. Tests and
# benches may include anything below `app`.
LAYERS = {
    "keelboat": [],  # include/keelboat: the public API
    "core": ["keelboat"],
    "net": ["keelboat", "core"],
    "telemetry": ["keelboat", "core"],
    "contracts": ["keelboat", "core"],
    "formats": ["keelboat", "core"],
    "sources": ["keelboat", "core"],
    "lake": ["keelboat", "core"],
    "warehouses": ["keelboat", "core"],
    "transform": ["keelboat", "core"],
    "formats/*": ["keelboat", "core", "formats"],
    "sources/*": ["keelboat", "core", "net", "formats", "formats/*", "sources"],
    "lake/stores/*": ["keelboat", "core", "net", "lake"],
    "lake/*": ["keelboat", "core", "net", "formats", "formats/*", "lake"],
    "warehouses/*": ["keelboat", "core", "net", "formats", "formats/*", "warehouses"],
    "planner": ["keelboat", "core", "sources", "lake", "warehouses", "contracts", "transform"],
    "engine": [
        "keelboat", "core", "sources", "lake", "lake/view", "warehouses", "contracts", "transform",
        "planner"
    ],
    "app": ["*"],
    "cli": ["keelboat", "core", "telemetry", "app"],
}  # fmt: skip

# Third-party headers that only these folders may know.
EXTERNAL = {
    "mysql.h": ["sources/mysql"],
    "simdjson.h": ["sources/mysql", "sources/metabase"],
    "curl/*": ["net"],
    "CLI/*": ["cli"],
    "yaml-cpp/*": ["app"],
    "arrow-adbc/*": ["warehouses", "warehouses/*"],
}
# Folders that know no third party but these.
ONLY = {"keelboat": ["arrow/*"], "core": ["arrow/*"]}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
LINE = "{path}:{line}: {text}"


def layer_of(path: str) -> str | None:
    """The layer of a path below src/ ("lake/delta/log.h") or include/ ("keelboat/error.h")."""
    folder = path.rpartition("/")[0]
    if folder in LAYERS:
        return folder
    while folder:
        parent = folder.rpartition("/")[0]
        # "lake/stores" holds leaves and is none itself.
        if f"{parent}/*" in LAYERS and f"{folder}/*" not in LAYERS:
            return folder
        if parent in LAYERS and f"{parent}/*" not in LAYERS:
            return parent
        folder = parent
    return None


def entry_of(layer: str) -> list[str]:
    return LAYERS.get(layer) or LAYERS.get(f"{layer.rpartition('/')[0]}/*", [])


def allows(patterns: list[str], name: str) -> bool:
    return any(
        pattern == name
        or (pattern == "*")
        or (pattern.endswith("/*") and name.rpartition("/")[0] == pattern[:-2])
        for pattern in patterns
    )


def check_include(
    layer: str, is_test: bool, quote: str, header: str, known
) -> str | None:
    """What is wrong with one include, or None."""
    target = layer_of(header)
    if quote == "<" and target is None:
        for pattern, folders in EXTERNAL.items():
            if (
                fnmatchcase(header, pattern)
                and not allows(folders, layer)
                and not is_test
            ):
                return f"<{header}> belongs to {', '.join(folders)} only"
        if layer in ONLY and not is_test and "/" in header:
            if not any(fnmatchcase(header, pattern) for pattern in ONLY[layer]):
                return f"{layer} may know no third party but {', '.join(ONLY[layer])}"
        return None
    if is_test and header.startswith("support/"):
        return None  # tests/support: the servers and stand-ins that tests start
    if not known(header):
        return f'"{header}" is not there: paths start below src/ or include/'
    if target is None:
        return f'"{header}": its folder is not in the table of scripts/check_layers.py'
    if target == layer or allows(entry_of(layer), target):
        return None
    if is_test and target not in ("app", "cli"):
        return None
    return f'{layer} may not include {target} ("{header}")'


def check_tree(root: Path) -> tuple[list[str], int]:
    """All findings below `root`, and how many files were read."""
    bases = [root / "src", root / "include"]

    def known(header: str) -> bool:
        return any((base / header).is_file() for base in bases)

    findings, files = [], 0
    for base in bases:
        for path in sorted([*base.rglob("*.h"), *base.rglob("*.cc")]):
            files += 1
            name = path.relative_to(base).as_posix()
            shown, layer = path.relative_to(root).as_posix(), layer_of(name)
            if layer is None:
                findings.append(f"{shown}: its folder is not in scripts/check_layers.py")
                continue
            text = path.read_text()
            for match in INCLUDE.finditer(text):
                problem = check_include(
                    layer,
                    name.endswith(("_test.cc", "_bench.cc")),
                    *match.groups(),
                    known,
                )
                if problem:
                    line = text.count("\n", 0, match.start()) + 1
                    findings.append(LINE.format(path=shown, line=line, text=problem))
    return findings, files


def main() -> int:
    root = (
        Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    )
    findings, files = check_tree(root)
    print("\n".join(findings) or f"{files} files keep the arrows")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
