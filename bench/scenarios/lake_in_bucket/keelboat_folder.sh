# The same run with the lake in a folder: what a bucket may not cost much more than.
set -euo pipefail
source "$(dirname "$0")/../keelboat_shop.sh"
make_project "$BENCH_OUTPUT"
exec "$KEELBOAT" -C "$BENCH_OUTPUT" --no-progress run
