"""Keys that are not in the configuration, and keys with fewer rights, against a real MinIO."""

import pytest
from minio import ACCESS_KEY, SECRET_KEY
from minio_keys import metadata_service, temporary_keys, token_service

_ALL = ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload")
_BUCKET = ("s3:ListBucket", "s3:ListBucketMultipartUploads")


@pytest.fixture
def keyless(project):
    """The project without keys."""
    text = (project.path / "keelboat.yaml").read_text()
    lines = [line for line in text.splitlines() if "_key: ${MINIO" not in line]
    assert len(lines) == len(text.splitlines()) - 2
    project.write("keelboat.yaml", "\n".join(lines) + "\n")
    # Nothing of the machine that the test runs on.
    project.variables |= {
        "HOME": str(project.path),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return project


def test_temporary_keys_with_their_token(keyless, minio, bucket):
    keyless.variables |= temporary_keys(minio).variables()
    keyless.ok("run")
    assert keyless.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]
    refused = keyless.run("check", "lake", AWS_SESSION_TOKEN="none-of-theirs")
    assert refused.code == 3
    assert "the keys are those of AWS_ACCESS_KEY_ID" in " ".join(refused.text.split())


def test_a_profile(keyless):
    text = (
        f"[etl]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    )
    keyless.write(".aws/credentials", text)
    refused = keyless.run("check", "lake")
    assert refused.code == 2
    said = " ".join(refused.text.split())
    assert "needs keys" in said
    assert "no profile 'default'" in said
    keyless.ok("check", "lake", AWS_PROFILE="etl")
    keyless.replace("  endpoint:", "  profile: etl\n  endpoint:")
    keyless.ok("run")
    assert SECRET_KEY not in keyless.run("run", "-v").text


def test_the_role_of_an_instance(keyless, minio):
    del keyless.variables["AWS_EC2_METADATA_DISABLED"]
    with metadata_service(minio) as (service, variables):
        keyless.ok("run", **variables)
        assert service.lent == 1
        assert keyless.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]
        # About to expire, they are asked for anew.
        service.seconds = 60
        keyless.ok("verify", **variables)
        assert service.lent >= 2
    refused = keyless.run("check", "lake", **variables)
    assert refused.code == 2
    assert "no connection to 127.0.0.1" in " ".join(refused.text.split())


def test_the_role_of_a_web_identity(keyless, minio):
    role = "arn:aws:iam::123456789012:role/etl"
    keyless.write("token", "ey.of-the-pod\n")
    keyless.variables |= {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(keyless.path / "token"),
        "AWS_ROLE_ARN": role,
    }
    with token_service(minio, role, "ey.of-the-pod") as (service, variables):
        keyless.ok("run", **variables)
        assert service.lent == 1
        assert keyless.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]
        service.seconds = 60
        keyless.ok("verify", **variables)
        assert service.lent >= 2
        keyless.write("token", "ey.of-another")
        refused = keyless.run("check", "lake", **variables)
        assert refused.code == 3
        said = " ".join(refused.text.split())
        assert "InvalidIdentityToken, No such issuer" in said
        assert "ey.of-another" not in said


def test_keys_that_may_not_delete(keyless, minio, bucket):
    keys = temporary_keys(minio, *_ALL, *_BUCKET, bucket=bucket)
    keyless.variables |= keys.variables()
    refused = keyless.run("check", "lake")
    assert refused.code == 1
    said = " ".join(refused.text.split())
    assert f"grant these keys s3:DeleteObject on arn:aws:s3:::{bucket}/*" in said
    # What a run writes it need not delete.
    keyless.ok("run")
    assert keyless.warehouse("SELECT count(*) FROM raw.orders") == [(3,)]
    keyless.ok("run", "--full-refresh")
    vacuum = keyless.run("vacuum", "--older-than", "0d")
    assert vacuum.code == 1
    assert "s3:DeleteObject" in vacuum.text
    # Keys that may sweep up what the others had to leave.
    keyless.variables |= temporary_keys(minio).variables()
    keyless.ok("vacuum", "--older-than", "0d")
    names = minio.objects(bucket)
    assert not [n for n in names if n.startswith("shop/orders/") and ".keelboat-" in n]
    keyless.ok("verify")


def test_keys_that_may_only_read(keyless, minio, bucket):
    keyless.variables |= temporary_keys(
        minio, "s3:GetObject", *_BUCKET, bucket=bucket
    ).variables()
    for command in ("check", "lake"), ("run",):
        refused = keyless.run(*command)
        assert refused.code == 1
        assert "s3:PutObject" in refused.text
    assert minio.objects(bucket) == []
