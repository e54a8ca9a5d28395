# keelboat: a stream of batches, dropped as they come: one connection.
set -euo pipefail
source "$(dirname "$0")/../keelboat_fetch.sh"
fetch_all 1 drop
