# keelboat fetch straight into a Parquet file.
set -euo pipefail
cat > keelboat.yaml << END
name: bench
sources:
  bi: {type: metabase, url: "$METABASE_URL", username: "$METABASE_USERNAME", password: "$METABASE_PASSWORD", database: "$METABASE_DATABASE"}
END
exec "$KEELBOAT" --no-progress fetch bi 'SELECT * FROM orders' -o "$BENCH_OUTPUT/orders.parquet"
