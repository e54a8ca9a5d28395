"""Reads Delta tables by Spark and prints what it found, one JSON object.

usage: read_tables.py JARS_FOLDER   with the questions as JSON on stdin:
{"endpoint", "access_key", "secret_key", "tables": [{"uri", "version"}]}
"""

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession


def session(jars: Path, asked: dict) -> SparkSession:
    s3a = "spark.hadoop.fs.s3a."
    settings = {
        "spark.jars": ",".join(str(jar) for jar in sorted(jars.glob("*.jar"))),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.driver.memory": "1g",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        s3a + "endpoint": asked["endpoint"],
        s3a + "endpoint.region": "us-east-1",
        s3a + "path.style.access": "true",
        s3a + "access.key": asked["access_key"],
        s3a + "secret.key": asked["secret_key"],
    }
    builder = SparkSession.builder.master("local[1]").appName("keelboat's tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def read(spark: SparkSession, table: dict) -> dict:
    reader = spark.read.format("delta")
    if table.get("version") is not None:
        reader = reader.option("versionAsOf", table["version"])
    frame = reader.load(table["uri"].replace("s3://", "s3a://", 1))
    rows = [row.asDict() for row in frame.collect()]
    return {"columns": dict(frame.dtypes), "rows": rows}


def main() -> None:
    asked = json.load(sys.stdin)
    spark = session(Path(sys.argv[1]), asked)
    try:
        answer = [read(spark, table) for table in asked["tables"]]
    finally:
        spark.stop()
    json.dump(answer, sys.stdout, default=str)


if __name__ == "__main__":
    main()
