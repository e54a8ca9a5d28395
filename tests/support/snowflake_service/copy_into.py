"""COPY INTO a table from Parquet files of a stage."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb
import snowflake.connector.errors as errors
from fakesnow.transforms.file_format import lookup_file_format

from .rejected_row import column_expression, find_rejected
from .stage import Stage, StagedFile, not_found, parse_reference
from .stage_object import find_stage
from .statement import literal, quoted, syntax_error
from .work import Work

_OPTIONS = {
    "FILES",
    "PATTERN",
    "FILE_FORMAT",
    "MATCH_BY_COLUMN_NAME",
    "INCLUDE_METADATA",
    "ON_ERROR",
    "FORCE",
    "PURGE",
    "ENFORCE_LENGTH",
    "TRUNCATECOLUMNS",
    "LOAD_UNCERTAIN_FILES",
    "RETURN_FAILED_ONLY",
}
_FORMAT_OPTIONS = {
    "TYPE",
    "COMPRESSION",
    "SNAPPY_COMPRESSION",
    "BINARY_AS_TEXT",
    "USE_LOGICAL_TYPE",
    "USE_VECTORIZED_SCANNER",
    "TRIM_SPACE",
    "REPLACE_INVALID_CHARACTERS",
    "NULL_IF",
}
_MOST_FILES = 1000
_RESULT = {
    "file": "VARCHAR",
    "status": "VARCHAR",
    "rows_parsed": "BIGINT",
    "rows_loaded": "BIGINT",
    "error_limit": "BIGINT",
    "errors_seen": "BIGINT",
    "first_error": "VARCHAR",
    "first_error_line": "BIGINT",
    "first_error_character": "BIGINT",
    "first_error_column_name": "VARCHAR",
}
_METADATA = {
    "METADATA$FILENAME": "{file}",
    "METADATA$FILE_ROW_NUMBER": "file_row_number + 1",
}


@dataclass
class Target:
    """A column of the table and what fills it."""

    place: int  # in the table, from 1
    name: str
    type: str  # DuckDB's
    nullable: bool
    length: int | None  # of a VARCHAR that names one
    source: str | None = None  # column of the file
    value: str = "NULL"  # expression over the file's rows


def handle(work: Work) -> bool:
    statement = work.statement
    if not statement.begins("COPY", "INTO") or statement.tokens[2].kind != "name":
        return False
    parts, place = statement.name(2)
    place = statement.place("FROM", place)
    if place < 0 or statement.tokens[place + 1] == "(":
        return False
    reference = parse_reference(statement.tokens[place + 1].value)
    if reference is None:
        return False
    stage, path = find_stage(work, reference[0]), reference[1]
    options = statement.options(place + 2)
    if unknown := set(options) - _OPTIONS:
        raise syntax_error(f"invalid parameter '{unknown.pop()}'")
    file_format = _file_format(work, stage, options)
    if str(file_format.get("TYPE", "CSV")).upper() != "PARQUET":
        return False
    _check_options(options, file_format)
    return _Copy(work, work.session.full_name(parts), stage, options, file_format).run(
        path
    )


def _file_format(work: Work, stage: Stage, options: dict) -> dict:
    given = options.get("FILE_FORMAT") or stage.file_format
    if isinstance(given, str):
        given = {"FORMAT_NAME": given}
    if name := given.get("FORMAT_NAME"):
        connection = work.session.connection
        known = lookup_file_format(
            work.metadata(), name, connection.database, connection.schema
        )
        given = {**known, **{k: v for k, v in given.items() if k != "FORMAT_NAME"}}
    return {name.upper(): value for name, value in given.items()}


def _check_options(options: dict, file_format: dict) -> None:
    if unknown := set(file_format) - _FORMAT_OPTIONS - {"COMMENT"}:
        raise syntax_error(f"invalid parameter '{unknown.pop()}' for a PARQUET format")
    if options.get("ON_ERROR", "ABORT_STATEMENT").upper() != "ABORT_STATEMENT":
        raise NotImplementedError(f"ON_ERROR = {options['ON_ERROR']}")
    if options.get("MATCH_BY_COLUMN_NAME", "NONE").upper() == "NONE":
        raise errors.ProgrammingError(
            msg="SQL compilation error:\nPARQUET file format can produce one and only one "
            "column of type variant, object, or array. Load data into separate columns using "
            "the MATCH_BY_COLUMN_NAME copy option or copy with transformation.",
            errno=2019,
            sqlstate="0A000",
        )
    if len(options.get("FILES", [])) > _MOST_FILES:
        raise syntax_error(f"more than {_MOST_FILES} values for the parameter 'FILES'")


class _Copy:
    def __init__(self, work: Work, table, stage: Stage, options: dict, file_format: dict):
        self._work, self._table, self._stage = work, table, stage
        self._options, self._format = options, file_format
        self._duck, self._settings = work.session.duck, work.service.settings

    def run(self, path: str) -> bool:
        files = self._files(path)
        if not files:
            text = "Copy executed with 0 files processed."
            return self._work.answer({"status": "VARCHAR"}, [(text,)])
        alone = not self._work.session.connection._in_transaction
        targets = self._targets()
        rows = []
        if alone:
            self._duck.begin()
        try:
            with tempfile.TemporaryDirectory() as folder:
                for file in files:
                    rows.append(self._load(file, targets, Path(folder)))
        except Exception:
            if alone:
                self._duck.rollback()
            raise
        if alone:
            self._duck.commit()
        if _true(self._options.get("PURGE")):
            for file in files:
                self._stage.remove(file.path, self._settings)
        return self._work.answer(_RESULT, rows)

    def _files(self, path: str) -> list[StagedFile]:
        found = {f.path: f for f in self._stage.files(path, self._settings)}
        if names := self._options.get("FILES"):
            folder = path.rstrip("/") + "/" if path else ""
            for name in names:
                if folder + name not in found:
                    raise not_found(
                        f"{self._stage.url or self._stage.name[2]}/{folder}{name}"
                    )
            return [found[folder + name] for name in names]
        pattern = self._options.get("PATTERN", ".*")
        return [f for f in found.values() if re.fullmatch(pattern, f.name, re.DOTALL)]

    def _targets(self) -> list[Target]:
        rows = self._duck.execute(
            "SELECT column_name, data_type, is_nullable FROM duckdb_columns()"
            " WHERE database_name = ? AND schema_name = ? AND table_name = ?"
            " ORDER BY column_index",
            self._table,
        ).fetchall()
        if not rows:
            raise errors.ProgrammingError(
                msg=f"SQL compilation error:\nTable '{'.'.join(self._table)}' does not exist "
                "or not authorized.",
                errno=2003,
                sqlstate="42S02",
            )
        lengths = dict(
            self._work.metadata()
            .execute(
                "SELECT ext_column_name, ext_character_maximum_length FROM"
                " _fs_global._fs_information_schema._fs_columns_ext"
                " WHERE ext_table_catalog = ? AND ext_table_schema = ? AND ext_table_name = ?"
                " AND ext_character_maximum_length < 16777216",
                self._table,
            )
            .fetchall()
        )
        return [
            Target(place, name, kind, null, lengths.get(name))
            for place, (name, kind, null) in enumerate(rows, 1)
        ]

    def _load(self, file: StagedFile, targets: list[Target], folder: Path) -> tuple:
        history = self._work.service.history
        loaded = history.has(self._duck, self._table, file)
        if loaded and not _true(self._options.get("FORCE")):
            text = "File was loaded before."
            return (file.name, "LOAD_SKIPPED", 0, 0, None, 1, text, None, None, None)
        path = str(self._stage.bring(file.path, folder, self._settings))
        self._match(path, file, targets)
        filled = [target for target in targets if target.value != "NULL"]
        values = ", ".join(f"CAST({t.value} AS {t.type})" for t in filled)
        rejected = [t for t in targets if t.length is not None and t.source is not None]
        if error := find_rejected(
            self._work.metadata(), path, file.name, self._table[2], rejected
        ):
            raise error
        try:
            (rows,) = self._duck.execute(
                f"INSERT INTO {quoted(*self._table)} ({quoted_list(filled)}) SELECT {values}"
                f" FROM read_parquet({literal(path)}, file_row_number = true)"
            ).fetchone()
        except duckdb.Error as error:
            rejected = find_rejected(
                self._work.metadata(), path, file.name, self._table[2], targets
            )
            raise rejected or error from error
        history.add(self._duck, self._table, file, rows)
        return (file.name, "LOADED", rows, rows, 1, 0, None, None, None, None)

    def _match(self, path: str, file: StagedFile, targets: list[Target]) -> None:
        """Finds the column of the file for each of the table."""
        described = self._duck.execute(
            f"DESCRIBE SELECT * FROM read_parquet({literal(path)})"
        ).fetchall()
        kinds = {name: kind for name, kind, *_ in described}
        self._require_format(kinds)
        sensitive = self._options["MATCH_BY_COLUMN_NAME"].upper() == "CASE_SENSITIVE"
        names: dict[str, str] = {}
        for name in kinds:
            known = name if sensitive else name.upper()
            if known in names:
                raise syntax_error(f"duplicate column name '{known}' in '{file.name}'")
            names[known] = name
        metadata = self._options.get("INCLUDE_METADATA", {})
        for target in targets:
            target.source = names.get(target.name if sensitive else target.name.upper())
            target.value = column_expression(target.source)
            if target.type == "JSON" and target.source is not None:
                # A text becomes a VARIANT that holds a text: nothing is parsed here.
                target.value = f"to_json({target.value})"
            elif meaning := _METADATA.get(metadata.get(target.name, "").upper()):
                target.value = meaning.format(file=literal(file.name))

    def _require_format(self, kinds: dict[str, str]) -> None:
        """What the real service reads as other values without these options is refused."""
        timed = [n for n, kind in kinds.items() if kind.startswith("TIME")]
        if timed and not _true(self._format.get("USE_LOGICAL_TYPE")):
            raise errors.ProgrammingError(
                msg="Failed to cast variant value 1483228800000000 to TIMESTAMP_NTZ: column "
                f"{timed[0]} needs USE_LOGICAL_TYPE = TRUE",
                errno=100071,
                sqlstate="22000",
            )
        binary = [n for n, kind in kinds.items() if kind == "BLOB"]
        if binary and _true(self._format.get("BINARY_AS_TEXT", "TRUE")):
            raise errors.ProgrammingError(
                msg=f"Invalid UTF8 detected in column {binary[0]}: BINARY_AS_TEXT is not FALSE",
                errno=100144,
                sqlstate="22000",
            )


def quoted_list(targets: list[Target]) -> str:
    return ", ".join(quoted(target.name) for target in targets)


def _true(value) -> bool:
    return str(value).upper() == "TRUE"
