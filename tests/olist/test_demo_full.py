"""`make demo-full` at a hundredth of the size: MinIO, the stand-in for Snowflake, dbt."""

import re
import subprocess

from test_demo import command, project  # noqa: F401 - fixture


def test_the_same_night_to_a_bucket_and_snowflake(example, project):  # noqa: F811
    done = subprocess.run(
        [*command(example, project), "--full"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "15,579 rows in 9 tables, from MariaDB to tested marts" in done.stdout
    assert re.search(
        r"^geolocation +10,002 +[\d.]+ KB +[\d,]+ +full +ok", done.stdout, re.M
    )
    assert re.search(r"^dbt +\d+ models and \d+ tests passed", done.stdout, re.M)
    assert re.search(r"^2017-11 +75 +[\d,.]+$", done.stdout, re.M)
    assert re.search(r"^lake +s3://olist/staging", done.stdout, re.M)
    assert re.search(r"^warehouse +OLIST_STAGING", done.stdout, re.M)
    assert not (project / "lake").exists()
    assert not (project / "warehouse.duckdb").exists()
    memory = re.search(r"own memory at most (\d+) MiB", done.stderr)
    assert 0 < int(memory[1]) < 384
