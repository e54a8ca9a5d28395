"""Which files a table has had: COPY passes them over. Part of the table's transactions."""

from datetime import UTC, datetime

from .stage import StagedFile


class LoadHistory:
    """fakesnow's own table, one in each database."""

    @staticmethod
    def _table(table: list[str]) -> str:
        return f'"{table[0]}"._fs_information_schema._fs_load_history'

    def has(self, duck, table: list[str], file: StagedFile) -> bool:
        found = duck.execute(
            f"SELECT 1 FROM {self._table(table)}"
            " WHERE schema_name = ? AND table_name = ? AND file_name = ?",
            [table[1], table[2], _key(file)],
        ).fetchone()
        return bool(found)

    def add(self, duck, table: list[str], file: StagedFile, rows: int) -> None:
        duck.execute(
            f"INSERT INTO {self._table(table)}"
            " VALUES (?, ?, ?, ?, 'LOADED', ?, ?, NULL, NULL, NULL, NULL, 0, 1)",
            [table[1], _key(file), table[2], datetime.now(UTC).isoformat(), rows, rows],
        )

    def forget(self, duck, table: list[str]) -> None:
        duck.execute(
            f"DELETE FROM {self._table(table)} WHERE schema_name = ? AND table_name = ?",
            table[1:],
        )


def _key(file: StagedFile) -> str:
    return f"{file.name}#{file.mark}"
