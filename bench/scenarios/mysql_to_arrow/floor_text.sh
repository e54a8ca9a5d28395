# The floor: a loop on libmariadb that throws the rows away, text protocol. Nothing to check but
# their number.
set -euo pipefail
for table in $BENCH_TABLES; do
  "$BENCH_PROGRAMS/drain" text "$table" > "$BENCH_OUTPUT/$table.rows"
done
