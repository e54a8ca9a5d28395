# A lake in MinIO that is there already, into a new DuckDB file; the source is not asked.
set -euo pipefail
source "$(dirname "$0")/../keelboat_bucket.sh"
make_bucket_project "$BENCH_OUTPUT"
exec "$KEELBOAT" -C "$BENCH_OUTPUT" --no-progress load
