"""TLS: who cannot prove who it is gets no password."""

import subprocess

import pytest
from bi_project import ask_nothing_again, fails, project_of
from metabase import metabase


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that names 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    key, file = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-keyout", str(key), "-out", str(file), "-subj", "/CN=keelboat test"]
        + ["-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return file, key


@pytest.fixture(scope="module")
def encrypted(certificate):
    with metabase(
        profile="v63",
        orders=100,
        tls_certificate=certificate[0],
        tls_key=certificate[1],
    ) as server:
        yield server


@pytest.fixture
def project(encrypted, tmp_path):
    encrypted.reset()
    assert encrypted.url.startswith("https:")
    return project_of(encrypted, tmp_path)


def with_setting(project, setting: str):
    project.replace("    database:", f"    {setting}\n    database:")
    return project


def test_loopback_is_trusted_as_it_is(project):
    assert "TLSv1.3" in project.ok("check", "source").text
    project.ok("extract", "orders")
    assert project.lake_rows("orders") == 100


def test_a_certificate_of_nobody_is_refused(project, encrypted):
    with_setting(project, "tls_verify: true")
    fails(project, 3, "could not prove who it is", "`tls_ca`")
    assert encrypted.log("login") == []


def test_with_its_authority_it_is_trusted(project, certificate):
    with_setting(project, f"tls_verify: true\n    tls_ca: {certificate[0]}")
    project.ok("check", "source")


def test_a_certificate_of_another_name_is_refused(project, certificate, encrypted):
    with_setting(project, f"tls_verify: true\n    tls_ca: {certificate[0]}")
    url = encrypted.url.replace("127.0.0.1", "localhost")
    fails(project, 3, "could not prove who it is", METABASE_URL=url)


def test_an_authority_that_is_not_there(project):
    with_setting(project, "tls_ca: /nowhere/ca.pem")
    fails(project, 2, "tls_ca", "/nowhere/ca.pem")


def test_https_where_http_is_spoken(newest_project, newest):
    url = newest.url.replace("http:", "https:")
    fails(newest_project, 3, "TLS", METABASE_URL=url)


def test_http_where_https_is_spoken(project, encrypted):
    url = encrypted.url.replace("https:", "http:")
    ask_nothing_again(project)
    fails(project, 3, "127.0.0.1", METABASE_URL=url)
