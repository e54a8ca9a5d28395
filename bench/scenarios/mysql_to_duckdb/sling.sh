# sling: one replication. It writes DuckDB files through the DuckDB program, which reads from
# it over HTTP (its default; the other ways hang on tables of this size). The extension for
# that is put where the program looks, where it would download it.
set -euo pipefail
export HOME="$BENCH_WORK/home" DUCKDB_PATH="$(command -v duckdb)"
extensions="$HOME/.duckdb/extensions/v1.5.5/linux_amd64"
mkdir -p "$extensions"
cp "$DUCKDB_EXTENSIONS/v1.5.5/httpfs.duckdb_extension" "$extensions/"
export DUCKDB_USE_INSTALLED_EXTENSIONS=true SLING_THREADS=1 SLING_HOME_DIR="$HOME/sling"
export SHOP="mysql://$MYSQL_USER:$MYSQL_PASSWORD@$MYSQL_HOST:$MYSQL_PORT/$MYSQL_DATABASE"
export OUT="duckdb://$BENCH_OUTPUT/warehouse.duckdb"
{
  echo "source: SHOP"
  echo "target: OUT"
  echo "defaults: {mode: full-refresh, object: 'raw.{stream_table}'}"
  echo "streams:"
  for table in $BENCH_TABLES; do echo "  $MYSQL_DATABASE.$table:"; done
} > "$BENCH_WORK/replication.yaml"
exec "$SLING" run -r "$BENCH_WORK/replication.yaml"
