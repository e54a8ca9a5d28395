# keelboat: into a Delta lake of Parquet files.
set -euo pipefail
source "$(dirname "$0")/../keelboat_shop.sh"
make_project "$BENCH_OUTPUT"
exec "$KEELBOAT" -C "$BENCH_OUTPUT" --no-progress extract
