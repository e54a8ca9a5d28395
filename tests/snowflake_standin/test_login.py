"""Who gets in, and with what words the others are sent away."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.errors import Error


def key_pair():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private, public.decode()


def test_a_session_knows_who_and_where_it_is(connect, service):
    row = (
        connect()
        .cursor()
        .execute(
            "SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE(), CURRENT_DATABASE()"
        )
    )
    assert row.fetchone() == (
        service.user,
        service.role,
        service.warehouse,
        service.database,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "Incorrect username or password"),
        ({"user": "NOBODY"}, "Incorrect username or password"),
        ({"role": "ACCOUNTADMIN"}, "is not granted to this user"),
    ],
)
def test_wrong_credentials_are_refused_at_once(connect, changes, words):
    with pytest.raises(Error, match=words):
        connect(**changes)


def test_an_unknown_account_is_a_page_of_the_front_door(connect):
    with pytest.raises(Error, match="404|[Nn]ot [Ff]ound"):
        connect(account="elsewhere")


def test_a_token_stands_for_the_password(connect, service):
    connect(password=service.token)
    connect(authenticator="PROGRAMMATIC_ACCESS_TOKEN", token=service.token, password=None)


def test_a_key_pair_is_verified(connect, service):
    private, public = key_pair()
    with pytest.raises(Error, match="JWT token is invalid"):
        connect(password=None, private_key=private)
    service.set(public_keys={service.user: public})
    connect(password=None, private_key=private)
    with pytest.raises(Error, match="JWT token is invalid"):
        connect(password=None, private_key=key_pair()[0])


def test_without_a_warehouse_nothing_is_computed(connect):
    cursor = connect(warehouse="NO_SUCH_WH").cursor()
    cursor.execute("SELECT 1")
    with pytest.raises(Error, match="No active warehouse selected"):
        cursor.execute("SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES")
    with pytest.raises(Error, match="does not exist"):
        cursor.execute("USE WAREHOUSE NO_SUCH_WH")


def test_a_suspended_warehouse_refuses_work(schema, service):
    schema.run("CREATE TABLE t (a INT)")
    service.set(suspended=[service.warehouse])
    with pytest.raises(Error, match="cannot be resumed"):
        schema.run("INSERT INTO t VALUES (1)")
    schema.run("CREATE TABLE u (a INT)")


def test_only_create_makes_databases(connect):
    session = connect(database="NO_SUCH_DB", schema="PUBLIC")
    with pytest.raises(Error, match="current database|does not exist"):
        session.cursor().execute("CREATE TABLE t (a INT)")
