# keelboat: every batch kept in memory: four connections in one snapshot.
set -euo pipefail
source "$(dirname "$0")/../keelboat_fetch.sh"
fetch_all 4 keep
