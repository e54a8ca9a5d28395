"""Writes the C++ source of a function that returns files: embed_template.py OUT FUNCTION ROOT PATH..."""

import pathlib
import sys


def literal(data: bytes) -> str:
    """A C++ string literal, one line of it for each line of the file."""
    lines = []
    for line in data.splitlines(keepends=True):
        text = ""
        for byte in line:
            if byte == 0x0A:
                text += "\\n"
            elif byte in b'"\\':
                text += "\\" + chr(byte)
            elif byte == ord("?"):
                text += "\\?"
            elif 0x20 <= byte < 0x7F:
                text += chr(byte)
            else:
                text += f"\\{byte:03o}"
        lines.append(f'        "{text}"')
    return "\n".join(lines) if lines else '        ""'


def main() -> None:
    out, function, root, *paths = sys.argv[1:]
    entries = []
    for path in sorted(paths):
        data = (pathlib.Path(root) / path).read_bytes()
        entries.append(
            f'    {{"{path}",\n     std::string_view(\n{literal(data)},\n        {len(data)})}},'
        )
    pathlib.Path(out).write_text(
        "// Made by embed_template.py.\n"
        '#include "app/template_files.h"\n\n'
        "namespace keelboat {\nnamespace {\n\n"
        "constexpr TemplateFile kFiles[] = {\n" + "\n".join(entries) + "\n};\n\n"
        "}  // namespace\n\n"
        f"std::span<const TemplateFile> {function}() {{ return kFiles; }}\n\n"
        "}  // namespace keelboat\n",
        encoding="ascii",
    )


if __name__ == "__main__":
    main()
