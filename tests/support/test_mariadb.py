"""The private MariaDB that other tests stand on."""

import socket

import pytest

from tests.support.mariadb import Mariadb, MariadbError


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_starts_answers_survives_a_crash_and_leaves_nothing_behind():
    with Mariadb() as server:
        home = server.data_folder.parent
        server.run(
            "CREATE TABLE t (a INT, b TEXT); INSERT INTO t VALUES (1, 'é'), (2, NULL)"
        )
        assert server.run("SELECT * FROM t ORDER BY a") == [["1", "é"], ["2", "NULL"]]
        assert server.environment["MYSQL_PORT"] == str(server.port)
        assert listens(server.port)
        with pytest.raises(MariadbError, match="t2"):
            server.run("SELECT * FROM t2")
        server.kill()
        assert not listens(server.port)
        server.start()
        assert server.run("SELECT COUNT(*) FROM t") == [["2"]]
    assert not listens(server.port)
    assert not home.exists()
