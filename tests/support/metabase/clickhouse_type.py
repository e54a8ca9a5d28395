"""ClickHouse type names, taken apart, and the base types that a sync gives them."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class ClickHouseType:
    text: str
    name: str
    arguments: tuple[str, ...] = ()

    @property
    def inner(self) -> "ClickHouseType":
        return parse(self.arguments[-1])

    @property
    def fraction_digits(self) -> int:
        if self.name in ("DateTime64", "Time64"):
            return int(self.arguments[0])
        return 0

    @property
    def has_zone(self) -> bool:
        return self.arguments[-1:] != () and self.arguments[-1].startswith("'")


def parse(text: str) -> ClickHouseType:
    text = text.strip()
    name, bracket, rest = text.partition("(")
    if not bracket:
        return ClickHouseType(text, name)
    return ClickHouseType(text, name, tuple(split_arguments(rest[:-1])))


def split_arguments(text: str) -> list[str]:
    """At the commas that stand in no bracket and no quotes."""
    parts, depth, quote, start = [], 0, "", 0
    at = 0
    while at < len(text):
        letter = text[at]
        if quote:
            if letter == "\\":
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "'`\"":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    return [*parts, text[start:].strip()]


def element_type(argument: str) -> str:
    """The type of one element of a Tuple, which may be named."""
    if argument.startswith("`"):
        return argument[argument.index("`", 1) + 1 :].strip()
    first, space, rest = argument.partition(" ")
    return rest if space and re.fullmatch(r"\w+", first) else argument


def unwrap(type_: ClickHouseType) -> tuple[ClickHouseType, bool]:
    """Without LowCardinality, Nullable and SimpleAggregateFunction; and whether it had Nullable."""
    nullable = False
    while type_.name in ("LowCardinality", "Nullable", "SimpleAggregateFunction"):
        nullable = nullable or type_.name == "Nullable"
        type_ = type_.inner
    return type_, nullable


# The first that matches counts; what matches none is type/*.
_CLICKHOUSE = [
    (r"Array\(", "type/Array"),
    (r"Bool", "type/Boolean"),
    # The driver tells the two apart by the length of the name.
    (r"DateTime64(?=.{4,}$)", "type/DateTimeWithLocalTZ"),
    (r"DateTime\(", "type/DateTimeWithLocalTZ"),
    (r"DateTime", "type/DateTime"),
    (r"Date", "type/Date"),
    (r"Decimal", "type/Decimal"),
    (r"Enum", "type/Text"),
    (r"FixedString", "type/TextLike"),
    (r"Float(32|64)$", "type/Float"),
    (r"Int(8|16|32)$", "type/Integer"),
    (r"Int64$", "type/BigInteger"),
    (r"IPv[46]$", "type/IPAddress"),
    (r"Map\(", "type/Dictionary"),
    (r"String$", "type/Text"),
    (r"UInt(8|16|32)$", "type/Integer"),
    (r"UInt64$", "type/BigInteger"),
    (r"UUID$", "type/UUID"),
]
_POSTGRES = [
    (r"Array\(", "_text", "type/Array"),
    (r"Bool$", "bool", "type/Boolean"),
    (r"DateTime64\(\d, ", "timestamptz", "type/DateTimeWithLocalTZ"),
    (r"DateTime\(", "timestamptz", "type/DateTimeWithLocalTZ"),
    (r"DateTime", "timestamp", "type/DateTime"),
    (r"Date", "date", "type/Date"),
    (r"Time", "time", "type/Time"),
    (r"Decimal", "numeric", "type/Decimal"),
    (r"FixedString", "bytea", "type/*"),
    (r"Float32$", "float4", "type/Float"),
    (r"Float64$", "float8", "type/Float"),
    (r"(Int|UInt)8$|Int16$", "int2", "type/Integer"),
    (r"UInt16$|Int32$", "int4", "type/Integer"),
    (r"UInt32$|Int64$", "int8", "type/BigInteger"),
    (r"UInt64$|U?Int(128|256)$", "numeric", "type/Decimal"),
    (r"Map\(|JSON", "jsonb", "type/JSON"),
    (r"String$|Enum", "text", "type/Text"),
    (r"UUID$", "uuid", "type/UUID"),
]


def base_type(text: str, dialect: str) -> str:
    bare = unwrap(parse(text))[0].text
    if dialect == "postgres":
        found = [base for form, _, base in _POSTGRES if re.match(form, bare)]
    else:
        found = [base for form, base in _CLICKHOUSE if re.match(form, bare)]
    return found[0] if found else "type/*"


def database_type(text: str, dialect: str) -> str:
    if dialect != "postgres":
        return text
    bare = unwrap(parse(text))[0].text
    return next((name for form, name, _ in _POSTGRES if re.match(form, bare)), "unknown")
