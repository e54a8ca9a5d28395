"""The text of a statement: its words, and the options at its end."""

import re

import snowflake.connector.errors as errors

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<text>'(?:[^'\\]|''|\\.)*'|\$\$.*?\$\$)
  | (?P<stage>@(?:"[^"]*"|[^\s,;()'"])+)
  | (?P<name>"(?:[^"]|"")*"|[A-Za-z_\x80-\U0010ffff][\w$]*)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_DML = {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "TRUNCATE"}
_DDL = {"CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "UNDROP"}


class Token(str):
    """A piece of a statement, as written; `kind` is the group of the pattern above."""

    kind: str

    def __new__(cls, text: str, kind: str) -> "Token":
        token = super().__new__(cls, text)
        token.kind = kind
        return token

    @property
    def value(self) -> str:
        """What a text means; other tokens mean what they say."""
        if self.startswith("$$"):
            return self[2:-2]
        if self.kind == "text":
            return re.sub(r"\\(.)", r"\1", self[1:-1].replace("''", "'"))
        return str(self)


def tokens_of(sql: str) -> list[Token]:
    return [
        Token(match[0], match.lastgroup)
        for match in _TOKEN.finditer(sql)
        if match.lastgroup != "space"
    ]


def syntax_error(what: str) -> errors.ProgrammingError:
    return errors.ProgrammingError(
        msg=f"SQL compilation error:\n{what}", errno=1003, sqlstate="42000"
    )


class Statement:
    """One statement and its words."""

    def __init__(self, sql: str):
        self.tokens = tokens_of(sql)
        while self.tokens and self.tokens[-1] == ";":
            self.tokens.pop()
        self.sql = sql.strip().rstrip(";")
        self.words = [
            token.upper() if token.kind == "name" and token[0] != '"' else token
            for token in self.tokens
        ]

    @property
    def head(self) -> str:
        return self.words[0] if self.words else ""

    def begins(self, *words: str) -> bool:
        return self.words[: len(words)] == list(words)

    def place(self, word: str, start: int = 0) -> int:
        """Where a word stands outside of parentheses; -1: nowhere."""
        depth = 0
        for place in range(start, len(self.words)):
            token = self.words[place]
            depth += (token == "(") - (token == ")")
            if depth == 0 and token == word:
                return place
        return -1

    @property
    def is_dml(self) -> bool:
        return self.head in _DML

    @property
    def is_ddl(self) -> bool:
        if self.begins("ALTER", "SESSION"):
            return False
        return self.head in _DDL

    def name(self, place: int) -> tuple[list[str], int]:
        """The parts of the dotted name at `place`, folded, and where it ends."""
        parts = []
        while place < len(self.tokens) and self.tokens[place].kind == "name":
            parts.append(folded(self.tokens[place]))
            place += 1
            if place >= len(self.tokens) or self.tokens[place] != ".":
                break
            place += 1
        if not parts:
            raise syntax_error("a name is missing")
        return parts, place

    def options(self, place: int) -> dict:
        """NAME = value … from `place` to the end."""
        options, end = _options(self.tokens, place)
        if end != len(self.tokens):
            raise syntax_error(f"syntax error: unexpected '{self.tokens[end]}'.")
        return options


def folded(name: str) -> str:
    """An identifier as Snowflake stores it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.upper()


def quoted(*parts: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def _options(tokens: list[Token], place: int) -> tuple[dict, int]:
    options = {}
    while place + 1 < len(tokens) and tokens[place].kind == "name":
        if tokens[place + 1] != "=":
            break
        name = folded(tokens[place])
        options[name], place = _value(tokens, place + 2)
        if place < len(tokens) and tokens[place] == ",":
            place += 1
    return options, place


def _value(tokens: list[Token], place: int):
    if place >= len(tokens):
        raise syntax_error("syntax error: unexpected end of the statement.")
    if tokens[place] != "(":
        return tokens[place].value, place + 1
    place += 1
    if place + 1 < len(tokens) and tokens[place + 1] == "=":
        value, place = _options(tokens, place)
    else:
        value = []
        while place < len(tokens) and tokens[place] != ")":
            if tokens[place] != ",":
                value.append(tokens[place].value)
            place += 1
    if place >= len(tokens) or tokens[place] != ")":
        raise syntax_error("syntax error: a parenthesis is not closed.")
    return value, place + 1
