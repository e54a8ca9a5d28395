"""SQL functions that write values as Java, Jackson and java.time write them.

The engine formats whole rows itself, so that a response costs no Python per value.
"""

# Name -> parameters and body. They are macros: the engine expands them into the query.
FUNCTIONS = {
    # Digits and a point as they are; "E" forms need the digits alone and where the point stood.
    "java_scientific": (
        "s",
        "arrayMap((sign, whole, fraction, exponent) -> arrayMap((digits, point) ->"
        " concat(sign, substring(digits, 1, 1), '.',"
        "  if(length(digits) > 1, substring(digits, 2), '0'), 'E', toString(point - 1)),"
        # Leading zeros move the point, trailing zeros go.
        " [if(trim(BOTH '0' FROM concat(whole, fraction)) = '', '0',"
        "   trim(BOTH '0' FROM concat(whole, fraction)))],"
        " [exponent + toInt32(length(whole)) - toInt32(length(concat(whole, fraction)))"
        "   + toInt32(length(trim(LEADING '0' FROM concat(whole, fraction))))])[1],"
        " [if(startsWith(s, '-'), '-', '')],"
        " [extract(s, '^-?([0-9]+)')],"
        " [extract(s, '\\\\.([0-9]+)')],"
        " [toInt32OrZero(extract(s, 'e[+]?(-?[0-9]+)$'))])[1]",
    ),
    "java_double": (
        "x",
        "multiIf(isNaN(x), 'NaN', x = inf, 'Infinity', x = -inf, '-Infinity',"
        " x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000),"
        "   if(position(toString(x), '.') = 0, concat(toString(x), '.0'), toString(x)),"
        " java_scientific(toString(x)))",
    ),
    # BigDecimal: an exponent below -6 is written as one.
    "java_small_decimal": (
        "plain, scale",
        "if(abs(toFloat64(plain)) >= 0.000001, plain,"
        " arrayMap((sign, digits) -> if(digits = '',"
        "   concat('0E-', toString(scale)),"
        "   concat(sign, substring(digits, 1, 1),"
        "     if(length(digits) > 1, concat('.', substring(digits, 2)), ''),"
        "     'E', toString(toInt32(length(digits)) - 1 - scale))),"
        "  [if(startsWith(plain, '-'), '-', '')],"
        "  [trim(LEADING '0' FROM replaceRegexpAll(plain, '[-.]', ''))])[1])",
    ),
    "json_inner": ("s", "substring(toJSONString(s), 2, length(toJSONString(s)) - 2)"),
    "json_inner_lines": (
        "s",
        "arrayStringConcat(arrayMap(part -> json_inner(part),"
        " splitByString('\u2028', s)), '\u2028')",
    ),
    "json_text_of_odd": (
        "s",
        "concat('\"', arrayStringConcat(arrayMap(part -> json_inner_lines(part),"
        " splitByString('\u2029', s)), '\u2029'), '\"')",
    ),
    # The engine would escape U+2028 and U+2029; Jackson does not, and knows no invalid UTF-8.
    "json_text": (
        "s",
        "if(isValidUTF8(s) AND position(s, '\u2028') = 0 AND position(s, '\u2029') = 0,"
        " toJSONString(s), json_text_of_odd(valid_text(s)))",
    ),
    "valid_text": ("s", "if(isValidUTF8(s), s, toValidUTF8(s))"),
    "csv_cell": (
        "s, separator",
        "if(multiSearchAny(s, [separator, '\"', '\\n', '\\r']),"
        " concat('\"', replaceAll(s, '\"', '\"\"'), '\"'), s)",
    ),
    "zone_offset": (
        "seconds",
        "if(seconds = 0, 'Z', concat(if(seconds < 0, '-', '+'),"
        " leftPad(toString(intDiv(abs(seconds), 3600)), 2, '0'), ':',"
        " leftPad(toString(intDiv(abs(seconds) % 3600, 60)), 2, '0'),"
        " if(abs(seconds) % 60 = 0, '',"
        "   concat(':', leftPad(toString(abs(seconds) % 60), 2, '0')))))",
    ),
    "short_fraction": ("s", "trim(TRAILING '.' FROM trim(TRAILING '0' FROM s))"),
    "ip6_text": (
        "x",
        "arrayStringConcat(arrayMap(group -> if(group = '', '0', group),"
        " arrayMap(at -> trim(LEADING '0' FROM lower(substring(hex(x), at * 4 + 1, 4))),"
        "  range(8))), ':')",
    ),
    "grouped_digits": (
        "s",
        "concat(if(startsWith(s, '-'), '-', ''), trim(LEADING ',' FROM reverse("
        " replaceRegexpAll(reverse(trim(LEADING '-' FROM s)), '([0-9]{3})', '\\\\1,'))))",
    ),
    "month_day_year": (
        "x",
        "concat(['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',"
        " 'September', 'October', 'November', 'December'][toMonth(x)], ' ', toString(toDayOfMonth(x)), ', ', toString(toYear(x)))",
    ),
    "clock_time": (
        "x",
        "concat(toString((toHour(x) + 11) % 12 + 1), ':',"
        " leftPad(toString(toMinute(x)), 2, '0'), if(toHour(x) < 12, ' AM', ' PM'))",
    ),
}


def create_functions(engine) -> None:
    for name, (parameters, body) in FUNCTIONS.items():
        engine.execute(f"CREATE FUNCTION {name} AS ({parameters}) -> {body}")
