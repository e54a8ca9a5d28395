"""Cancelling, queues, time walls, and connections that are used again."""

import contextlib
import socket
import ssl
import threading
import time

import pytest
from metabase import metabase
from plain_client import PlainClient, native

SLOW = "SELECT sum(cityHash64(number, number, number)) FROM numbers(20000000000000)"


def wait_for(condition, seconds: float = 60) -> None:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds
        time.sleep(0.02)


@pytest.mark.parametrize("how", ["close", "half-close"])
def test_a_client_that_leaves_cancels_its_query(any_client, server, how):
    with any_client.open() as connection:
        connection.send("POST", "/api/dataset", native(SLOW))
        wait_for(lambda: server.stats()["running_queries"] == 1)
        if how == "close":
            connection.close()
        else:
            connection.socket.shutdown(socket.SHUT_WR)
        wait_for(lambda: server.stats()["running_queries"] == 0)
        wait_for(lambda: server.log("query_cancelled"))
    assert server.log("query_cancelled")[0]["sql"] == SLOW


def test_a_client_that_stops_reading_holds_little(client, server):
    """Rows wait at the engine until somebody reads them."""
    sql = "SELECT number, repeat('x', 1000) FROM numbers(1000000)"
    with client.open() as connection:
        connection.send_export("json", sql)
        connection.socket.recv(1000)
        before = memory_of(server.pid)
        time.sleep(1)
        assert memory_of(server.pid) - before < 200 << 20
        assert server.stats()["streaming"] == 1
    wait_for(lambda: server.stats()["streaming"] == 0)
    assert server.log("query_cancelled")


def memory_of(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as found:
        return int(found.read().split()[1]) * 4096


def test_the_first_byte_after_a_stream_may_be_lost(client, server):
    server.set(profile="v48", lose_first_byte=True)
    with client.open() as connection:
        connection.send("POST", "/api/dataset", native("SELECT 1"))
        assert connection.receive().rows == [[1]]
        connection.send("GET", "/api/health")
        assert connection.receive().text == "API endpoint does not exist."
        connection.send("GET", "/api/health")
        assert connection.receive().status == 200


def test_metadata_keeps_its_connection(any_client):
    with any_client.open() as connection:
        for _ in range(3):
            connection.send("GET", "/api/user/current")
            assert not connection.receive().closed


@pytest.mark.parametrize(("how", "end"), [("clean", "last chunk"), ("reset", "reset")])
def test_responses_that_take_too_long_are_cut(client, server, how, end):
    server.set(response_timeout_ms=5000, response_timeout_ends=how)
    sql = (
        "SELECT number, sleepEachRow(0.4) AS s FROM numbers(200)"
        " SETTINGS max_block_size = 1, max_threads = 1"
    )
    started = time.monotonic()
    answer = client.export("json", sql)
    assert 4.9 < time.monotonic() - started < 79
    assert (answer.status, answer.end) == (200, end)
    if how == "clean":
        assert answer.text.startswith('[\n{"number":0,"s":0}')
        assert not answer.text.endswith("]")
    wait_for(lambda: server.log("response_timeout"))


@pytest.mark.parametrize(
    ("asked", "threads", "settings"),
    [
        (4, 2, {"profile": "v48", "streaming_threads": 2}),
        (4, 2, {"profile": "v63", "streaming_threads": 2}),
        (51, 50, {"profile": "v48"}),
    ],
    ids=["v48", "v63", "default"],
)
def test_more_streams_than_threads_wait_in_silence(
    client, server, asked, threads, settings
):
    # A request that waits for the pool keeps its thread.
    server.set(**settings)
    server.set(pool_held=15, pool_checkout_timeout_ms=600_000)
    answers = []
    asking = threading.Thread(
        target=lambda: answers.extend(ask_at_once(client, asked, "SELECT 1"))
    )
    asking.start()
    wait_for(lambda: len(server.log("request")) == asked)
    wait_for(lambda: server.stats()["streaming"] == threads)
    server.set(pool_held=0)
    asking.join()
    assert [answer.status for answer in answers] == [200] * asked
    assert server.stats()["most_streaming"] == threads


def test_eight_exports_at_once(client, server):
    sql = "SELECT sleepEachRow(1) FROM numbers(100) SETTINGS max_block_size = 1"
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(client.open()).send_export("json", sql)
        wait_for(lambda: server.stats()["running_queries"] == 8)
    wait_for(lambda: server.stats()["running_queries"] == 0)


def test_more_queries_than_connections_wait(client, server):
    server.set(profile="v48", pool_size=2)
    started = time.monotonic()
    answers = ask_at_once(client, 4, "SELECT sleep(0.4) AS s")
    assert time.monotonic() - started >= 0.8
    assert [answer.status for answer in answers] == [200] * 4


def ask_at_once(client, times: int, sql: str) -> list:
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(client.export("json", sql)))
        for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_slow_line(client, server):
    server.fault("delay", path="GET /api/health", seconds=0.5, times=1)
    started = time.monotonic()
    assert client.get("/api/health").status == 200
    assert time.monotonic() - started >= 0.5


def test_what_was_asked_is_told(client, server):
    client.dataset("SELECT 41 + 1")
    lines = [each["line"] for each in server.log("request")]
    assert lines == ["POST /api/dataset"]
    started, finished = server.log("query_started"), server.log("query_finished")
    assert [each["sql"] for each in (*started, *finished)] == ["SELECT 41 + 1"] * 2
    assert finished[0]["rows"] == 1


def test_http_that_is_none(client):
    with client.open() as connection:
        connection.socket.sendall(b"HELLO\r\n\r\n")
        assert connection.receive().status == 400


def test_over_tls(tmp_path):
    certificate, key = make_certificate(tmp_path)
    with metabase(orders=100, tls_certificate=certificate, tls_key=key) as server:
        assert server.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=certificate)
        client = PlainClient(server)
        with client.open() as connection:
            connection.encrypt(trusting)
            connection.send("POST", "/api/dataset", native("SELECT count() FROM orders"))
            assert connection.receive().rows == [[100]]
        assert server.log("query_finished")[0]["rows"] == 1
        with client.open() as connection, pytest.raises(ssl.SSLCertVerificationError):
            connection.encrypt(ssl.create_default_context())


def make_certificate(folder):
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "standin")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, private, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)
    return folder / "certificate.pem", folder / "key.pem"
