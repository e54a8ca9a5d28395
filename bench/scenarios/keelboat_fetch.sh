# What keelboat's scenarios to Arrow share: its library, through a small C++ program.
fetch_all() { # CONNECTIONS drop|keep
  local table
  for table in $BENCH_TABLES; do
    if [[ -n "${BENCH_VERIFY:-}" ]]; then
      "$BENCH_PROGRAMS/fetch" "$table" "$1" "$2" "$BENCH_WORK/$table.arrow" \
        > "$BENCH_OUTPUT/$table.rows"
      python -c "
import sys, pyarrow.ipc, pyarrow.parquet
with pyarrow.ipc.open_stream(sys.argv[1]) as reader:
    with pyarrow.parquet.ParquetWriter(sys.argv[2], reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
" "$BENCH_WORK/$table.arrow" "$BENCH_OUTPUT/$table.parquet"
    else
      "$BENCH_PROGRAMS/fetch" "$table" "$1" "$2" > "$BENCH_OUTPUT/$table.rows"
    fi
  done
}
