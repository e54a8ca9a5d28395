"""What lies in the three places of one project, seen by readers that are not ours."""

from dataclasses import dataclass

from deltalake import DeltaTable

ENVIRONMENTS = """
environments:
  dev: {}
  staging:
    lake: &bucket
      url: s3://${MINIO_BUCKET}/staging
      endpoint: ${MINIO_ENDPOINT}
      access_key: ${MINIO_ROOT_USER}
      secret_key: ${MINIO_ROOT_PASSWORD}
    warehouse:
      type: snowflake
      account: ${SNOWFLAKE_ACCOUNT}
      user: ${SNOWFLAKE_USER}
      password: ${SNOWFLAKE_PASSWORD}
      warehouse: ${SNOWFLAKE_WAREHOUSE}
      role: ${SNOWFLAKE_ROLE}
      database: ${SNOWFLAKE_DATABASE}_STAGING
      load: put
      host: ${SNOWFLAKE_HOST}
      port: ${SNOWFLAKE_PORT}
      protocol: ${SNOWFLAKE_PROTOCOL}
  prod:
    lake:
      url: s3://${MINIO_BUCKET}/prod
      endpoint: ${MINIO_ENDPOINT}
      access_key: ${MINIO_ROOT_USER}
      secret_key: ${MINIO_ROOT_PASSWORD}
    warehouse:
      type: snowflake
      account: ${SNOWFLAKE_ACCOUNT}
      user: ${SNOWFLAKE_USER}
      password: ${SNOWFLAKE_PASSWORD}
      warehouse: ${SNOWFLAKE_WAREHOUSE}
      role: ${SNOWFLAKE_ROLE}
      database: ${SNOWFLAKE_DATABASE}
      load: stage
      host: ${SNOWFLAKE_HOST}
      port: ${SNOWFLAKE_PORT}
      protocol: ${SNOWFLAKE_PROTOCOL}
""".replace(" &bucket", "")


@dataclass
class Places:
    """Rows of a table in each environment's lake and warehouse; None where it is not."""

    project: object
    minio: object
    account: object

    def lake(self, environment: str, table: str, test: bool = False) -> int | None:
        suffix = "/_test" if test else ""
        if environment == "dev":
            uri, options = f"{self.project.path}/lake{suffix}/{table}", None
        else:
            bucket = self.project.variables["MINIO_BUCKET"]
            if not (self.minio.home / "data" / bucket).exists():
                return None
            uri = f"s3://{bucket}/{environment}{suffix}/{table}"
            options = self.minio.reader_options()
        if not DeltaTable.is_deltatable(uri, options):
            return None
        return DeltaTable(uri, storage_options=options).to_pyarrow_table().num_rows

    def warehouse(self, environment: str, table: str, test: bool = False) -> int | None:
        if environment == "dev":
            if not (self.project.path / "warehouse.duckdb").exists():
                return None
            schema = "raw_test" if test else "raw"
            if not self.project.warehouse(
                "SELECT 1 FROM information_schema.tables WHERE table_name = "
                f"'{table}' AND table_schema = '{schema}'"
            ):
                return None
            [(rows,)] = self.project.warehouse(f"SELECT count(*) FROM {schema}.{table}")
            return rows
        database = self.database(environment)
        if database not in self.databases():
            return None
        schema = "RAW_TEST" if test else "RAW"
        found = self.account.sql(
            f"SELECT 1 FROM {database}.information_schema.tables WHERE table_name = "
            f"'{table.upper()}' AND table_schema = '{schema}'"
        )
        if not found:
            return None
        [(rows,)] = self.account.sql(
            f"SELECT count(*) FROM {database}.{schema}.{table.upper()}"
        )
        return int(rows)

    def databases(self) -> set[str]:
        return {row[1] for row in self.account.sql("SHOW DATABASES")}

    def database(self, environment: str) -> str:
        name = self.project.variables["SNOWFLAKE_DATABASE"]
        return name + ("_STAGING" if environment == "staging" else "")
