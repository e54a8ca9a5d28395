# What keelboat's scenarios of buckets share: the shop's project with its lake in one.
source "$(dirname "${BASH_SOURCE[0]}")/keelboat_shop.sh"
make_bucket_project() { # FOLDER
  make_project "$1"
  sed -i '/^lake:/d' "$1/keelboat.yaml"
  cat >> "$1/keelboat.yaml" << END
lake:
  url: s3://${BENCH_BUCKET}/shop
  endpoint: ${BENCH_ENDPOINT}
  access_key: ${BENCH_ACCESS_KEY}
  secret_key: ${BENCH_SECRET_KEY}
END
}
