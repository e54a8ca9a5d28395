"""Write docs/cli.md from the program's own help texts.

usage: cli_reference.py [--check] [--program build/release/keelboat]

With --check nothing is written: exit code 1 when docs/cli.md is not what would be.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "cli.md"

INTRODUCTION = """\
<!-- Written by scripts/cli_reference.py from the program's help texts: change those. -->
# The command line

`keelboat COMMAND --help` says the same on the terminal. Flags of the program may stand before or after the command.
What people read goes to standard error; data and `--json` go to standard output.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a table or a model failed; the others went on |
| 2 | usage or configuration |
| 3 | cannot connect or log in, or another run holds the project or the warehouse file |
| 4 | rows break their contract |
| 130 | interrupted, after a clean stop |

Where several apply, the gravest wins: 130, 2, 3, 4, 1. What to do about each: [troubleshooting.md](troubleshooting.md).
"""


def help_of(program: Path, *command: str) -> str:
    done = subprocess.run(
        [program, *command, "--help"],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def commands(text: str) -> list[str]:
    """The names below "Subcommands:" in the program's help, in its order."""
    listed = text.split("\nSubcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE)


def page(program: Path) -> str:
    top = help_of(program)
    parts = [INTRODUCTION, f"## keelboat\n\n```\n{top}\n```\n"]
    for name in commands(top):
        parts.append(f"## keelboat {name}\n\n```\n{help_of(program, name)}\n```\n")
    return "\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/cli.md from the help texts.")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument(
        "--program", type=Path, default=ROOT / "build" / "release" / "keelboat"
    )
    options = parser.parse_args()
    if not options.program.is_file():
        print(f"cli_reference: {options.program} is missing: run: make build")
        return 1
    text = page(options.program.resolve())
    if options.check:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/cli.md is out of date: run: python3 scripts/cli_reference.py")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
