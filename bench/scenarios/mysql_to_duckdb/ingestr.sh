# ingestr: one call per table, which is how it is used; large pages.
set -euo pipefail
# The DuckDB driver that keelboat uses too, where it would download one.
mkdir -p "$BENCH_WORK/drivers"
cat > "$BENCH_WORK/drivers/duckdb.toml" << END
manifest_version = 1
name = "DuckDB"
version = "1.5.6"
[ADBC]
version = "1.1.0"
[Driver]
entrypoint = "duckdb_adbc_init"
[Driver.shared]
linux_amd64 = "$LIBDUCKDB"
linux_arm64 = "$LIBDUCKDB"
END
export ADBC_DRIVER_PATH="$BENCH_WORK/drivers"
source="mysql://$MYSQL_USER:$MYSQL_PASSWORD@$MYSQL_HOST:$MYSQL_PORT/$MYSQL_DATABASE"
for table in $BENCH_TABLES; do
  ingestr ingest --yes --progress log --page-size 100000 \
    --source-uri "$source" --source-table "$MYSQL_DATABASE.$table" \
    --dest-uri "duckdb:///$BENCH_OUTPUT/warehouse.duckdb" --dest-table "raw.$table" \
    --pipelines-dir "$BENCH_WORK/ingestr"
done
