"""CREATE and DROP STAGE, LIST, REMOVE; what goes with a schema."""

import re
import shutil

import snowflake.connector.errors as errors
from fakesnow.transforms.stage import internal_dir

from .stage import Stage, parse_reference
from .statement import syntax_error
from .work import Work

_OPTIONS = {
    "URL",
    "CREDENTIALS",
    "ENDPOINT",
    "STORAGE_INTEGRATION",
    "ENCRYPTION",
    "FILE_FORMAT",
    "COPY_OPTIONS",
    "DIRECTORY",
    "COMMENT",
}
_STAGES = "_fs_global._fs_information_schema._fs_stages"
_FILE_FORMATS = "_fs_global._fs_information_schema._fs_file_formats"


def handle(work: Work) -> bool:
    statement = work.statement
    if statement.head == "CREATE":
        place = _after_kind(statement.words)
        return place > 0 and _create(work, place)
    if statement.begins("DROP", "STAGE"):
        return _drop(work)
    if statement.begins("DROP", "SCHEMA"):
        _drop_with_schema(work)
        return False
    if statement.head in ("LIST", "LS"):
        return _list(work)
    if statement.head in ("REMOVE", "RM"):
        return _remove(work)
    return False


def _after_kind(words: list[str]) -> int:
    """Where the name of a stage stands that is created; 0: it is no stage."""
    place = 1
    while words[place : place + 1] in (["OR"], ["REPLACE"], ["TEMPORARY"], ["TEMP"]):
        place += 1
    return place + 1 if words[place : place + 1] == ["STAGE"] else 0


def _create(work: Work, place: int) -> bool:
    statement = work.statement
    exists = statement.words[place : place + 3] == ["IF", "NOT", "EXISTS"]
    parts, place = statement.name(place + 3 * exists)
    options = statement.options(place)
    if unknown := set(options) - _OPTIONS:
        raise syntax_error(f"invalid property '{unknown.pop()}' for 'STAGE'")
    name = tuple(work.session.full_name(parts))
    options["URL"] = re.sub("^s3compat://", "s3://", options.get("URL", ""))
    # Its table of stages, which SHOW STAGES and PUT read; without what it does not know.
    replace = "OR REPLACE " if "REPLACE" in statement.words[:3] else ""
    guard = "IF NOT EXISTS " if exists else ""
    dotted = ".".join(f'"{part}"' for part in name)
    url = f" URL = '{options['URL']}'" if options["URL"] else ""
    work.forward(f"CREATE {replace}STAGE {guard}{dotted}{url}")
    if not (exists and name in work.service.stages):
        work.service.stages[name] = Stage(name, options)
    return True


def _drop(work: Work) -> bool:
    exists = work.statement.words[2:4] == ["IF", "EXISTS"]
    parts, _ = work.statement.name(2 + 2 * exists)
    name = tuple(work.session.full_name(parts))
    if work.service.stages.pop(name, None) is None:
        if not exists:
            raise _unknown(name)
        return work.done()
    _forget(work, name)
    return work.done()


def _forget(work: Work, name: tuple[str, ...]) -> None:
    work.metadata().execute(
        f"DELETE FROM {_STAGES} WHERE database_name = ? AND schema_name = ? AND name = ?",
        list(name),
    )
    shutil.rmtree(internal_dir(".".join(name)), ignore_errors=True)


def _drop_with_schema(work: Work) -> None:
    exists = work.statement.words[2:4] == ["IF", "EXISTS"]
    parts, _ = work.statement.name(2 + 2 * exists)
    schema = (
        tuple(parts) if len(parts) == 2 else (work.session.connection.database, *parts)
    )
    for name in [name for name in work.service.stages if name[:2] == schema]:
        del work.service.stages[name]
        _forget(work, name)
    work.metadata().execute(
        f"DELETE FROM {_FILE_FORMATS} WHERE database_name = ? AND schema_name = ?",
        list(schema),
    )


def find_stage(work: Work, parts: list[str]) -> Stage:
    name = tuple(work.session.full_name(parts))
    stage = work.service.stages.get(name)
    if stage is None:
        raise _unknown(name)
    return stage


def _files(work: Work):
    statement = work.statement
    found = parse_reference(statement.tokens[1].value)
    if found is None:
        return None
    stage, path = find_stage(work, found[0]), found[1]
    pattern = statement.options(2).get("PATTERN", ".*")
    files = [
        file
        for file in stage.files(path, work.service.settings)
        if re.fullmatch(pattern, file.name, re.DOTALL)
    ]
    return stage, files


def _list(work: Work) -> bool:
    found = _files(work)
    if found is None:
        return False
    return work.answer(
        {
            "name": "VARCHAR",
            "size": "BIGINT",
            "md5": "VARCHAR",
            "last_modified": "VARCHAR",
        },
        [(file.name, file.size, file.mark, file.modified) for file in found[1]],
    )


def _remove(work: Work) -> bool:
    found = _files(work)
    if found is None:
        return False
    stage, files = found
    for file in files:
        stage.remove(file.path, work.service.settings)
    return work.answer(
        {"name": "VARCHAR", "result": "VARCHAR"},
        [(file.name, "removed") for file in files],
    )


def _unknown(name: tuple[str, ...]) -> errors.ProgrammingError:
    return errors.ProgrammingError(
        msg=f"SQL compilation error:\nStage '{'.'.join(name)}' does not exist or not "
        "authorized.",
        errno=2003,
        sqlstate="02000",
    )
