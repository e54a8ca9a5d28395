# keelboat: a stream of batches, dropped as they come: four connections in one snapshot.
set -euo pipefail
source "$(dirname "$0")/../keelboat_fetch.sh"
fetch_all 4 drop
