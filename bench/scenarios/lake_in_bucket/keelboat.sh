# The whole run with the lake in MinIO.
set -euo pipefail
source "$(dirname "$0")/../keelboat_bucket.sh"
make_bucket_project "$BENCH_OUTPUT"
exec "$KEELBOAT" -C "$BENCH_OUTPUT" --no-progress run
