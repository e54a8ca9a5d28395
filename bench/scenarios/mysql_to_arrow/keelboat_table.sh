# keelboat: every batch kept in memory: one connection.
set -euo pipefail
source "$(dirname "$0")/../keelboat_fetch.sh"
fetch_all 1 keep
