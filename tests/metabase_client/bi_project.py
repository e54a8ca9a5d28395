"""A project whose source is the stand-in, and what must hold when its commands fail."""

from project_folder import ProjectFolder

CONFIGURATION = """\
name: bi
sources:
  bi:
    type: metabase
    url: ${METABASE_URL}
    username: ${METABASE_USERNAME}
    password: ${METABASE_PASSWORD}
    database: ${METABASE_DATABASE}
tables: {from: bi}
"""
TABLES = {
    "orders": {"load_strategy": "full"},
    "vdom": {
        "load_strategy": "incremental",
        "incremental_column": "day",
        "primary_key": ["vendor_id", "day"],
    },
}


def project_of(server, folder) -> ProjectFolder:
    variables = {
        "METABASE_URL": server.url,
        "METABASE_USERNAME": server.username,
        "METABASE_PASSWORD": server.password,
        "METABASE_DATABASE": "Growth Team Clickhouse Connection",
    }
    project = ProjectFolder(folder, variables)
    project.write("keelboat.yaml", CONFIGURATION)
    project.write("metadata/table_metadata.json", TABLES)
    return project


def ask_nothing_again(project) -> None:
    """For faults that stay: a question that fails is not repeated; a table's read is."""
    project.replace("    database:", "    retries: 0\n    database:")


def fails(project, code: int, *words: str, command=("extract", "orders"), **variables):
    """Runs a command that must fail so, without a secret anywhere; returns its stderr."""
    done = project.run(*command, **variables)
    assert done.code == code, f"{done.code}\n{done.text}"
    for word in words:
        assert word in done.err.replace("\n    ", " "), f"{word!r} is not in:\n{done.err}"
    assert "Traceback" not in done.text
    keep_secrets(project, done, **variables)
    return done.err


def keep_secrets(project, done, **variables) -> None:
    """No secret in what was printed, logged or recorded."""
    seen = {**project.variables, **variables}
    secrets = [seen["METABASE_PASSWORD"], seen.get("METABASE_API_KEY", "")]
    texts = [done.text]
    logs = project.path / "logs"
    texts += [file.read_text() for file in logs.rglob("*") if file.is_file()]
    for secret in filter(None, secrets):
        assert not any(secret in text for text in texts)


def published(project) -> bool:
    return any((project.path / "lake").rglob("*.json"))
