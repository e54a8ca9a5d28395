"""Sessions, keys, throttling."""

import re
import uuid

PROBE = "/api/user/current"


def is_unauthenticated(answer) -> bool:
    return (answer.status, answer.text, answer.headers["content-type"]) == (
        401,
        "Unauthenticated",
        "text/plain",
    )


def session(client, server) -> dict[str, str]:
    key = client.log_in(server.username, server.password).json()["id"]
    return {"X-Metabase-Session": key}


def test_login_gives_an_id_and_cookies(any_client, server):
    answer = any_client.log_in(server.username, server.password)
    assert answer.status == 200
    key = answer.json()["id"]
    assert str(uuid.UUID(key)) == key
    assert re.fullmatch(rf"metabase.SESSION={key}; HttpOnly; .*Path=/", answer.cookies[0])
    assert answer.cookies[1].startswith("metabase.TIMEOUT=alive")
    found = any_client.get(PROBE, headers={"X-Metabase-Session": key})
    assert found.json()["email"] == server.username


def test_unknown_users_and_wrong_passwords_look_alike(client, server):
    answers = [
        client.log_in(server.username, "no"),
        client.log_in("nobody@example.com", "no"),
    ]
    for answer in answers:
        assert answer.status == 401
        assert answer.json() == {"errors": {"password": "did not match stored password"}}


def test_a_blank_username_is_named(any_client, server):
    answer = any_client.log_in(" ", "x")
    assert answer.status == 400
    assert answer.json()["errors"]["username"]
    is_new = any_client.get("/api/session/properties").json()["version"]["tag"] >= "v0.54"
    assert ("specific-errors" in answer.json()) == is_new


def test_a_body_that_is_no_json(client):
    answer = client.post("/api/session", "{", headers={})
    assert (answer.status, answer.text) == (400, "Malformed JSON in request body.")
    assert answer.headers["content-type"] == "text/plain"


def test_the_eleventh_try_is_throttled_with_status_401(client, server):
    for _ in range(10):
        assert "password" in client.log_in(server.username, "no").json()["errors"]
    answer = client.log_in(server.username, "no")
    assert answer.status == 401
    text = answer.json()["errors"]["username"]
    waits = re.fullmatch(
        r"Too many attempts! You must wait (\d+) seconds before .*", text
    )
    assert int(waits[1]) >= 1
    # Another user may still log in from here.
    assert client.log_in(server.admin, server.password).status == 200


def test_a_blocked_try_counts_and_extends_the_block(client, server):
    for _ in range(10):
        client.log_in(server.username, "no")
    server.set(clock_offset_seconds=1800)
    assert client.log_in(server.username, server.password).status == 401
    server.set(clock_offset_seconds=3590)
    assert client.log_in(server.username, server.password).status == 401
    server.set(clock_offset_seconds=3700)  # the first ten have aged, two have not
    assert client.log_in(server.username, server.password).status == 200


def test_one_address_may_fail_fifty_times(client, server):
    for number in range(50):
        assert (
            "password" in client.log_in(f"u{number}@example.com", "no").json()["errors"]
        )
    answer = client.log_in(server.username, server.password)
    assert (answer.status, list(answer.json()["errors"])) == (401, ["username"])


def test_throttling_can_be_turned_off(client, server):
    server.set(session_throttle=False)
    for _ in range(12):
        assert "password" in client.log_in(server.username, "no").json()["errors"]


def test_what_needs_a_session(any_client):
    bogus = {"X-Metabase-Session": "11111111-2222-3333-4444-555555555555"}
    for headers in ({}, bogus, {"X-API-KEY": "mb_wrong"}):
        assert is_unauthenticated(any_client.get(PROBE, headers=headers))
        assert is_unauthenticated(any_client.get("/api/database", headers=headers))
        assert is_unauthenticated(any_client.post("/api/dataset", {}, headers=headers))


def test_a_session_ages_from_its_start(client, server):
    headers = session(client, server)
    server.set(clock_offset_seconds=20159 * 60)
    assert client.get(PROBE, headers=headers).status == 200
    server.set(clock_offset_seconds=20161 * 60)
    assert is_unauthenticated(client.get(PROBE, headers=headers))


def test_a_cookie_beats_the_header(client, server):
    headers = session(client, server)
    assert is_unauthenticated(
        client.get(PROBE, headers={**headers, "Cookie": "metabase.SESSION=bad"})
    )


def test_a_key_is_a_user_and_saves_a_bad_session(any_client, server):
    key = {"X-API-KEY": server.api_key}
    for headers in (key, {**key, "X-Metabase-Session": "bad"}):
        email = any_client.get(PROBE, headers=headers).json()["email"]
        assert re.fullmatch(r"api-key-user-.*@api-key.invalid", email)


def test_logout_ends_a_session_once(client, server):
    headers = session(client, server)
    answer = client.ask("DELETE", "/api/session", headers=headers)
    assert (answer.status, answer.raw) == (204, b"")
    assert is_unauthenticated(client.get(PROBE, headers=headers))
    for each in (headers, {"X-API-KEY": server.api_key}):
        answer = client.ask("DELETE", "/api/session", headers=each)
        assert (answer.status, answer.text) == (404, "Not found.")


def test_a_second_factor_is_asked_for_without_an_id(client, server):
    answer = client.log_in("careful@example.com", server.password)
    assert (answer.status, answer.cookies) == (200, [])
    assert sorted(answer.json()) == ["challenge_token", "methods", "mfa_required"]
    server.set(profile="v55")
    assert "id" in client.log_in("careful@example.com", server.password).json()


def test_a_disabled_account(client, server):
    answer = client.log_in("gone@example.com", server.password)
    assert answer.status == 401
    assert answer.json() == {"errors": {"_error": "Your account is disabled."}}


def test_a_session_may_end_in_the_middle_of_work(client, server):
    headers = session(client, server)
    server.fault("expire", path="GET /api/user", skip=1, times=1)
    assert client.get(PROBE, headers=headers).status == 200
    assert is_unauthenticated(client.get(PROBE, headers=headers))
    assert client.get(PROBE, headers=session(client, server)).status == 200
    assert len(server.log("login")) == 2
