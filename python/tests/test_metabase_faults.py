"""What Metabase and the way to it get wrong: an error of its kind, and never a short frame.

The same through the program is in tests/metabase_client; here is what Python raises.
"""

import keelboat
import pytest
from metabase import metabase

_ORDERS = 3_000
_EXPORTS = "POST /api/dataset/json"
_ALL = "SELECT order_id, note FROM orders"


@pytest.fixture(scope="module", params=["v48", "v55", "v63"])
def server(request):
    with metabase(profile=request.param, orders=_ORDERS) as running:
        yield running


@pytest.fixture
def login(server, monkeypatch):
    monkeypatch.delenv("METABASE_API_KEY", raising=False)
    monkeypatch.setenv("METABASE_USERNAME", server.username)
    monkeypatch.setenv("METABASE_PASSWORD", server.password)
    server.reset()
    return server


@pytest.fixture
def hasty(login, tmp_path, monkeypatch):
    """The same server for faults that stay: no question is asked again."""
    (tmp_path / "keelboat.yaml").write_text(
        "sources:\n"
        f"  hasty: {{type: metabase, url: '{login.url}', username: '${{METABASE_USERNAME}}',"
        " password: '${METABASE_PASSWORD}', retries: 0}\n"
    )
    monkeypatch.setenv("KEELBOAT_PROJECT", str(tmp_path))
    return "hasty"


def _fetch(server, sql: str = _ALL, database: str = "2", source: str = "", **options):
    return keelboat.fetch(source or server.url, sql, database=database, **options)


def _raised(kind: type[keelboat.Error], server, *arguments, **options) -> str:
    """The message of the error, in which no secret is."""
    with pytest.raises(kind) as caught:
        _fetch(server, *arguments, **options).to_arrow()
    error = caught.value
    told = f"{error}{error!r}{error.details}"
    assert server.password not in told and server.api_key not in told
    return str(error)


def test_who_may_not_log_in_is_told_why(login, monkeypatch):
    monkeypatch.setenv("METABASE_PASSWORD", "hunter2-wrong")
    assert "hunter2" not in _raised(keelboat.AuthError, login)
    assert len(login.log("login")) == 1
    monkeypatch.setenv("METABASE_PASSWORD", login.password)
    monkeypatch.setenv("METABASE_USERNAME", "gone@example.com")
    assert "disabled" in _raised(keelboat.AuthError, login)
    monkeypatch.setenv("METABASE_USERNAME", "reader@example.com")
    assert "ermission" in _raised(keelboat.DeniedError, login)


def test_a_throttled_login_is_left_alone(login, monkeypatch):
    monkeypatch.setenv("METABASE_PASSWORD", "hunter2-wrong")
    for _ in range(10):
        _raised(keelboat.AuthError, login)
    monkeypatch.setenv("METABASE_PASSWORD", login.password)
    assert "wait an hour" in _raised(keelboat.AuthError, login)
    assert len(login.log("login")) == 11


def test_a_second_factor_is_explained(login, monkeypatch):
    login.set(profile="v63")
    monkeypatch.setenv("METABASE_USERNAME", "careful@example.com")
    assert "METABASE_API_KEY" in _raised(keelboat.AuthError, login)


def test_what_is_not_there_has_its_nearest(login):
    assert "Growth Team" in _raised(keelboat.NotFoundError, login, database="Grwth Team")
    assert "'orders'" in _raised(keelboat.NotFoundError, login, "@ordres")
    unknown = {"params": {"citty": "Lyon"}}
    assert "'city'" in _raised(keelboat.ConfigError, login, "@orders", **unknown)
    with pytest.raises(keelboat.NotFoundError, match="vendors"):
        keelboat.fetch(login.url, table="vendor", database="2")


def test_the_databases_own_words_before_and_among_the_rows(login, hasty):
    for sql in ("SELECT nothing FROM orders", "SELECT FROM WHERE"):
        message = _raised((keelboat.ConfigError, keelboat.NotFoundError), login, sql)
        assert "execute.clj" not in message
    login.fault("fail", path="POST /api/dataset", after_rows=1, message="disk gone")
    message = _raised(keelboat.Error, login, source=hasty, strategy="single")
    assert "disk gone" in message


@pytest.mark.parametrize("how", ["clean", "close", "reset"])
def test_a_cut_answer_is_mended_or_an_error(login, hasty, how):
    login.fault("cut", path=_EXPORTS, after_bytes=20_000, how=how, times=1)
    assert _fetch(login).to_arrow().num_rows == _ORDERS
    login.fault("cut", path=_EXPORTS, after_bytes=500, how=how)
    _raised(keelboat.UnavailableError, login, source=hasty)


def test_patience_without_a_word_about_it_has_an_end(monkeypatch):
    with metabase(profile="v55", orders=_ORDERS) as patient:
        monkeypatch.setenv("METABASE_API_KEY", patient.api_key)
        patient.fault("cut", path=_EXPORTS, after_bytes=500, how="reset")
        assert "tried 4 times" in _raised(keelboat.UnavailableError, patient)
        patient.reset()
        patient.fault("reply", path=_EXPORTS, status=503, body="busy")
        assert "busy" in _raised(keelboat.UnavailableError, patient)
        assert len(patient.log("request")) > 4


def test_a_session_that_ends_under_way_is_renewed_once(login):
    login.fault("expire", path=_EXPORTS, times=1)
    assert _fetch(login).to_arrow().num_rows == _ORDERS
    assert len(login.log("login")) == 2


def test_storms_pass_or_are_told(login, hasty):
    login.fault("reply", path=_EXPORTS, status=503, body="busy", times=2)
    assert _fetch(login).to_arrow().num_rows == _ORDERS
    login.fault("reply", path=_EXPORTS, status=503, body="busy")
    overload = (keelboat.UnavailableError, keelboat.ThrottledError)
    assert "busy" in _raised(overload, login, source=hasty)


def test_a_pool_without_connections_is_overload(login, hasty):
    login.set(
        profile="v63", pool_size=1, pool_held=1, pool_checkout_timeout_ms=50
    )  # older ones wait for ever
    overload = (keelboat.UnavailableError, keelboat.ThrottledError)
    assert "connections" in _raised(overload, login, source=hasty)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        ({"body": "<html><title>Sign in to ACME</title></html>",
          "content_type": "text/html"}, keelboat.UnavailableError, "Sign in to ACME"),
        ({"body": '[\n{"c0":1,"c1":"x"},\n{"c0":2;}\n]'}, keelboat.DataError, "row 2"),
        # [\n{"c0":1,"c1":"\xff"}\n]
        ({"body_hex": "5b0a7b226330223a312c226331223a22ff227d0a5d"},
         keelboat.DataError, "no UTF-8"),
        ({"body": '[\n{"c0":"many","c1":"x"}\n]'}, keelboat.DataError, "order_id"),
    ],
)  # fmt: skip
def test_bodies_that_are_no_rows(login, hasty, reply, kind, words):
    reply = {"content_type": "application/json", **reply}
    login.fault("reply", path=_EXPORTS, status=200, **reply)
    assert words in _raised(kind, login, source=hasty, strategy="single")


def test_no_rows_and_no_columns(login):
    table = _fetch(login, f"{_ALL} WHERE order_id = 0").to_arrow()
    assert (table.num_rows, table.column_names) == (0, ["order_id", "note"])
    frame = _fetch(login, f"{_ALL} WHERE order_id = 0").to_pandas()
    assert frame.shape == (0, 2)
    # Postgres has answers without columns; so has whoever drops them all.
    nothing = '{"data":{"rows":[],"cols":[]},"status":"completed","row_count":0}'
    counted = (
        '{"data":{"rows":[[2]],"cols":[{"name":"n","base_type":"type/Integer"}]},'
        '"status":"completed","row_count":1}'
    )
    json = {"status": 202, "content_type": "application/json"}
    login.fault("reply", path="POST /api/dataset$", body=nothing, times=1, **json)
    login.fault("reply", path="POST /api/dataset$", body=counted, **json)
    login.fault("reply", path=_EXPORTS, body="[\n{},\n{}\n]", **json)
    result = _fetch(login, "SELECT FROM accounts", database="5")
    assert [batch.num_rows for batch in result] == [2]


def test_clocks_and_zones_of_the_server_move_nothing(login):
    sql = "SELECT id, day, old_day, moment, exact FROM types ORDER BY id"
    before = _fetch(login, sql).to_arrow()
    for offset in (-400 * 86_400, 400 * 86_400):
        login.set(clock_offset_seconds=offset, report_timezone="Asia/Kathmandu")
        assert _fetch(login, sql).to_arrow().equals(before)
        assert _fetch(login).to_arrow().num_rows == _ORDERS
