# What keelboat's scenarios share: a project for the shop, every table loaded whole.
make_project() { # FOLDER
  mkdir -p "$1"
  cat > "$1/keelboat.yaml" << END
name: bench
sources:
  shop:
    type: mysql
    host: ${MYSQL_HOST}
    port: ${MYSQL_PORT}
    user: ${MYSQL_USER}
    password: ${MYSQL_PASSWORD}
    database: ${MYSQL_DATABASE}
tables: {from: shop, metadata: tables.json}
lake: {url: ./lake}
warehouse: {type: duckdb, path: warehouse.duckdb, schema: raw}
END
  local table separator=""
  {
    echo "{"
    for table in $BENCH_TABLES; do
      echo "$separator\"$table\": {\"load_strategy\": \"full\"}"
      separator=","
    done
    echo "}"
  } > "$1/tables.json"
}
