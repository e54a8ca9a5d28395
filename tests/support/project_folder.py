"""A keelboat project in a folder of its own, and the program that works in it."""

import contextlib
import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from processes import stopped, wait_until

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "release" / "keelboat"
_DIE_AT = ROOT / "build" / "release" / "tests" / "support" / "libdie_at.so"

# Only these reach the program from the surroundings: a test decides everything else.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM")


@dataclass
class Finished:
    """One ended run of the program."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class ProjectFolder:
    """A folder with keelboat.yaml, and the variables that the program sees in it."""

    path: Path
    variables: dict[str, str] = field(default_factory=dict)
    # What starts the program in other surroundings: nsenter, timeout, prlimit …
    prefix: tuple[str, ...] = ()

    def write(self, name: str, content: str | dict) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        file.write_text(text, encoding="utf-8")
        return file

    def replace(self, old: str, new: str, name: str = "keelboat.yaml") -> None:
        path = self.path / name
        text = path.read_text()
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new))

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**kept, **self.variables, **more}

    def command(self, *arguments: str) -> list[str]:
        return [*self.prefix, str(BINARY), "-C", str(self.path), *arguments]

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen:
        """The program in the background, its output in pipes, signals at their defaults."""
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(**variables),
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    def die(self, moment: str, *arguments: str) -> None:
        """A run of the program that is killed at that moment ("before TEXT", "after TEXT":
        see die_at.cc)."""
        done = self.run(*arguments, LD_PRELOAD=str(_DIE_AT), KEELBOAT_TEST_DIE_AT=moment)
        assert done.code == -signal.SIGKILL, f"{moment}: {done.code}\n{done.text}"

    @contextlib.contextmanager
    def stopped(self, moment: str, *arguments: str):
        """The program in the background, standing still at that moment (as in `die`); at the
        end it goes on and must succeed."""
        process = self.start(
            *arguments, LD_PRELOAD=str(_DIE_AT), KEELBOAT_TEST_STOP_AT=moment
        )
        try:
            wait_until(
                lambda: stopped(process.pid) or process.poll() is not None, 60, moment
            )
            assert process.poll() is None, process.communicate()
            yield process
        except BaseException:
            process.kill()
            process.communicate()
            raise
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=180)
        assert process.returncode == 0, out + err

    def run(self, *arguments: str, timeout: float = 180, **variables: str) -> Finished:
        process = self.start(*arguments, **variables)
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            process.communicate()
            raise
        return Finished(process.returncode, out, err)

    def ok(self, *arguments: str, **variables: str) -> Finished:
        done = self.run(*arguments, **variables)
        assert done.code == 0, f"keelboat {' '.join(arguments)}: {done.code}\n{done.text}"
        return done

    def records(self) -> list[dict]:
        """All run records, newest first."""
        files = sorted((self.path / "logs" / "runs").glob("*.json"), reverse=True)
        return [json.loads(file.read_text()) for file in files]

    def lake_rows(self, table: str) -> int:
        from deltalake import DeltaTable

        return DeltaTable(str(self.path / "lake" / table)).to_pyarrow_table().num_rows

    def lake(self, table: str):
        """The newest version of a lake table as a pyarrow table, by a reader not ours."""
        from deltalake import DeltaTable

        return DeltaTable(str(self.path / "lake" / table)).to_pyarrow_table()

    def warehouse(self, sql: str) -> list[tuple]:
        import duckdb

        with duckdb.connect(
            str(self.path / "warehouse.duckdb"), read_only=True
        ) as connection:
            return connection.execute(sql).fetchall()
