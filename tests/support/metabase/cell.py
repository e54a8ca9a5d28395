"""SQL expressions that turn one column into the text of its cells."""

from dataclasses import dataclass

from .clickhouse_type import ClickHouseType, element_type, parse, unwrap

BIGGEST_EXACT = 9007199254740991
_SMALL_INTEGERS = ("Int8", "Int16", "Int32", "UInt8", "UInt16", "UInt32")
_BIG_INTEGERS = ("Int64", "UInt64", "Int128", "UInt128", "Int256", "UInt256")


@dataclass(frozen=True)
class Style:
    """What the cells are for: /api/dataset ("api"), an export ("json", "csv"), and how."""

    target: str
    zone: str
    dialect: str = "clickhouse"
    big_numbers_as_strings: bool = False
    keys_as_strings: bool = False
    formatted: bool = False
    separator: str = ","


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def cell(column: str, type_name: str, style: Style, is_key: bool = False) -> str:
    """An expression of type String that is never null."""
    type_, nullable = unwrap(parse(type_name))
    empty = "''" if style.target == "csv" else "'null'"
    if type_.name == "Nothing":
        return empty
    value = f"assumeNotNull({column})" if nullable else column
    text = (
        _csv(value, type_, style) if style.target == "csv" else _json(value, type_, style)
    )
    if is_key and style.keys_as_strings and type_.name in _SMALL_INTEGERS + _BIG_INTEGERS:
        text = f"concat('\"', toString({value}), '\"')"
    return f"if(isNull({column}), {empty}, {text})" if nullable else text


def _json(value: str, type_: ClickHouseType, style: Style) -> str:
    if type_.name in _SMALL_INTEGERS + _BIG_INTEGERS or type_.name.startswith("Decimal"):
        return _json_number(value, type_, style)
    if type_.name in ("Float32", "Float64"):
        text = _text(value, type_, style)
        if style.formatted:
            return _quote(text)
        return f"if(isFinite({value}), {text}, {_quote(text)})"
    if type_.name == "Bool":
        return f"toString({value})"
    if style.dialect != "postgres" and type_.name in ("Map", "Tuple", "JSON"):
        text = _structure(value, type_, style)
        return (
            f"json_text({text})"
            if style.target == "json" and type_.name == "Map"
            else text
        )
    text = _text(value, type_, style)
    return f"json_text({text})" if _free_text(type_, style) else _quote(text)


def _json_number(value: str, type_: ClickHouseType, style: Style) -> str:
    text = _text(value, type_, style)
    if style.formatted:
        return _quote(text)
    if not style.big_numbers_as_strings or type_.name in _SMALL_INTEGERS:
        return text
    if type_.name.startswith("Decimal"):
        precision, scale = (int(argument) for argument in type_.arguments)
        if precision - scale < 16:
            return text
        wide = f"toDecimal256({value}, {scale})"
        beyond = f"abs({wide}) > toDecimal256({BIGGEST_EXACT}, {scale})"
    else:
        beyond = f"{value} > {BIGGEST_EXACT}"
        if not type_.name.startswith("U"):
            beyond = f"({beyond} OR {value} < -{BIGGEST_EXACT})"
    return f"if({beyond}, {_quote(text)}, {text})"


def _csv(value: str, type_: ClickHouseType, style: Style) -> str:
    if style.dialect == "postgres" and type_.name == "FixedString":
        return f"concat('[B@', lower(hex(toUInt32(cityHash64({value})))))"
    structured = type_.name in ("Map", "Tuple", "JSON") and style.dialect != "postgres"
    text = _structure(value, type_, style) if structured else _text(value, type_, style)
    if structured or style.formatted or _free_text(type_, style):
        return f"csv_cell(valid_text({text}), {quoted(style.separator)})"
    return text


def _quote(text: str) -> str:
    return f"concat('\"', {text}, '\"')"


def _free_text(type_: ClickHouseType, style: Style) -> bool:
    """Whether the text may hold what JSON or CSV must escape."""
    plain = (
        "Date",
        "Date32",
        "DateTime",
        "DateTime64",
        "Time",
        "Time64",
        "UUID",
        "IPv4",
        "IPv6",
    )
    numbers = _SMALL_INTEGERS + _BIG_INTEGERS + ("Float32", "Float64", "Bool")
    bytes_ = style.dialect == "postgres" and type_.name == "FixedString"
    return not (
        type_.name in plain + numbers or type_.name.startswith("Decimal") or bytes_
    )


def _text(value: str, type_: ClickHouseType, style: Style) -> str:
    """The value as Java would print it after the server's own formatting."""
    name = type_.name
    if name in _SMALL_INTEGERS + _BIG_INTEGERS:
        return (
            f"grouped_digits(toString({value}))"
            if style.formatted
            else f"toString({value})"
        )
    if name in ("Float32", "Float64"):
        if style.formatted:
            return _rounded(value, style)
        return f"java_double({value})"
    if name.startswith("Decimal"):
        return _decimal(value, type_, style)
    if name in ("Date", "Date32"):
        return _date(value, style)
    if name in ("DateTime", "DateTime64"):
        return _timestamp(value, type_, style)
    if name in ("Time", "Time64"):
        return _time(value, type_, style)
    if name == "IPv6":
        return f"ip6_text({value})"
    if name == "FixedString":
        if style.dialect == "postgres":  # bytea: what the encoder leaves of a byte[]
            return f"concat('0x', hex(substring({value}, 1, 4)))"
        return f"concat({value}, '')"
    if name == "Array":
        return _array(value, type_, style)
    if name in ("Map", "JSON"):
        return f"toJSONString({value})"
    return f"toString({value})"


def _rounded(value: str, style: Style) -> str:
    rounded = f"toString(round({value}, 2))"
    whole = f"grouped_digits(extract({rounded}, '^-?[0-9]+'))"
    return f"concat({whole}, extract({rounded}, '\\\\.[0-9]+$'))"


def _decimal(value: str, type_: ClickHouseType, style: Style) -> str:
    scale = int(type_.arguments[-1])
    if style.formatted:
        return _rounded(f"toFloat64({value})", style)
    plain = f"toDecimalString({value}, {scale})"
    return f"java_small_decimal({plain}, {scale})" if scale > 6 else plain


def _offset(moment: str, style: Style) -> str:
    if style.zone == "UTC":
        return "'Z'"
    return f"zone_offset(timezoneOffset({moment}))"


def _zoned(moment: str, digits: int, style: Style) -> str:
    """A moment that already is in the results' zone."""
    text = f"replaceOne(toString({moment}), ' ', 'T')"
    if digits:
        text = f"short_fraction({text})"
    return f"concat({text}, {_offset(moment, style)})"


def _date(value: str, style: Style) -> str:
    if style.target == "api":
        midnight = f"toDateTime64(concat(toString({value}), ' 00:00:00'), 0, {quoted(style.zone)})"
        return f"concat(toString({value}), 'T00:00:00', {_offset(midnight, style)})"
    return f"month_day_year({value})" if style.formatted else f"toString({value})"


def _timestamp(value: str, type_: ClickHouseType, style: Style) -> str:
    digits = type_.fraction_digits
    if style.dialect == "postgres" and not type_.has_zone:
        return _wall_time(value, digits, style)
    moment = f"toTimeZone({value}, {quoted(style.zone)})"
    if style.formatted:
        return f"concat(month_day_year({moment}), ', ', clock_time({moment}))"
    return _zoned(moment, digits, style)


def _wall_time(value: str, digits: int, style: Style) -> str:
    """A timestamp without a zone: /api/dataset gives it the zone's offset, unshifted."""
    if style.target == "api":
        moment = f"toDateTime64(toString({value}), {digits}, {quoted(style.zone)})"
        return _zoned(moment, digits, style)
    if style.formatted:
        return f"concat(month_day_year({value}), ', ', clock_time({value}))"
    text = f"toString({value})"
    if digits:
        text = f"short_fraction({text})"
    return f"if(endsWith({text}, ' 00:00:00'), substring({text}, 1, 10), replaceOne({text}, ' ', 'T'))"


def _time(value: str, type_: ClickHouseType, style: Style) -> str:
    text = f"toString({value})"
    if type_.fraction_digits:
        text = f"short_fraction({text})"
    if style.target != "api":
        return text
    winter = f"toDateTime('2024-01-15 12:00:00', {quoted(style.zone)})"
    return f"concat({text}, {_offset(winter, style)})"


def _array(value: str, type_: ClickHouseType, style: Style) -> str:
    item, nullable = unwrap(type_.inner)
    # What stands in an array is printed by Java, not formatted by the server.
    inside = Style(target="json", zone="UTC", dialect=style.dialect)
    text = _text("assumeNotNull(item)" if nullable else "item", item, inside)
    if item.name == "Nothing":
        text = "'null'"
    elif nullable:
        text = f"if(isNull(item), 'null', {text})"
    opening, comma, closing = (
        ("{", ",", "}") if style.dialect == "postgres" else ("[", ", ", "]")
    )
    items = f"arrayStringConcat(arrayMap(item -> {text}, {value}), '{comma}')"
    return f"concat('{opening}', {items}, '{closing}')"


def _structure(value: str, type_: ClickHouseType, style: Style) -> str:
    """Maps and tuples as JSON."""
    inside = Style(
        target="api",
        zone=style.zone,
        dialect=style.dialect,
        big_numbers_as_strings=style.big_numbers_as_strings,
    )
    if type_.name == "Map":
        key_type, value_type = (parse(each) for each in type_.arguments)
        key = f"json_text({_text('key', unwrap(key_type)[0], inside)})"
        pairs = (
            f"arrayMap((key, item) -> concat({key}, ':', {cell('item', value_type.text, inside)}),"
            f" mapKeys({value}), mapValues({value}))"
        )
        return f"concat('{{', arrayStringConcat({pairs}, ','), '}}')"
    if type_.name == "Tuple":
        items = [
            cell(f"tupleElement({value}, {at})", element_type(argument), inside)
            for at, argument in enumerate(type_.arguments, 1)
        ]
        return "concat('[', " + ", ',', ".join(items) + ", ']')"
    return f"toJSONString({value})"
