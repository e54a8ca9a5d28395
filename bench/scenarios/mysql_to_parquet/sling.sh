# sling: one replication, its own Parquet writer (faster here than the default), streams in
# parallel as far as there are CPUs.
set -euo pipefail
export SLING_DUCKDB_COMPUTE=false SLING_THREADS=2 SLING_HOME_DIR="$BENCH_WORK/sling"
export SHOP="mysql://$MYSQL_USER:$MYSQL_PASSWORD@$MYSQL_HOST:$MYSQL_PORT/$MYSQL_DATABASE"
{
  echo "source: SHOP"
  echo "target: LOCAL"
  echo "defaults: {mode: full-refresh, object: 'file://$BENCH_OUTPUT/{stream_table}.parquet', target_options: {format: parquet, compression: zstd}}"
  echo "streams:"
  for table in $BENCH_TABLES; do echo "  $MYSQL_DATABASE.$table:"; done
} > "$BENCH_WORK/replication.yaml"
exec "$SLING" run -r "$BENCH_WORK/replication.yaml"
