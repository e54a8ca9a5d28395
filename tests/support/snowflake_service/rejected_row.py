"""Which row of a Parquet file does not fit the table, said as COPY says it."""

import snowflake.connector.errors as errors

from .statement import literal, quoted


def find_rejected(duck, path: str, name: str, table: str, columns: list):
    """The error for the first row that a column cannot take; None when all fit.

    `columns` are `copy_into.Target`s; `name` is the file's, as LIST shows it."""
    first = None
    for column in columns:
        for errno, sqlstate, what, condition in _conditions(column):
            found = duck.execute(
                "SELECT file_row_number + 1, CAST(value AS VARCHAR) FROM"
                f" (SELECT file_row_number, {column.value} AS value FROM"
                f" read_parquet({literal(path)}, file_row_number = true))"
                f" WHERE {condition} ORDER BY 1 LIMIT 1"
            ).fetchone()
            if found and (first is None or found[0] < first[0]):
                shown = what.format(value=found[1], column=column.name)
                first = (found[0], column.place, column.name, errno, sqlstate, shown)
    if first is None:
        return None
    row, place, column, errno, sqlstate, what = first
    return errors.ProgrammingError(
        msg=f"{what}\n  File '{name}', line {row}\n"
        f'  Row {row}, column "{table}"["{column}":{place}]\n'
        "  If you would like to continue loading when an error is encountered, use other "
        "values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more "
        "information on loading options, please run 'info loading_data' in a SQL client.",
        errno=errno,
        sqlstate=sqlstate,
    )


def _conditions(column):
    if not column.nullable:
        text = "NULL result in a non-nullable column"
        yield 100072, "22000", text, "value IS NULL"
    if column.source is None:
        return
    if column.length is not None:
        text = f"User character length limit ({column.length}) exceeded by string '{{value}}'"
        yield 100078, "22000", text, f"length(value) > {column.length}"
    if column.type != "JSON":
        kind = "FIXED" if column.type.startswith(("DECIMAL", "BIGINT")) else column.type
        text = f'Failed to cast variant value "{{value}}" to {kind}'
        cast = f"TRY_CAST(value AS {column.type})"
        yield 100071, "22000", text, f"value IS NOT NULL AND {cast} IS NULL"


def column_expression(source: str | None) -> str:
    return "NULL" if source is None else quoted(source)
