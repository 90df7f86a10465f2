#!/usr/bin/env bash
# Builds the program from the action's own source, unless one is on the path.
set -euo pipefail
if command -v palisade >/dev/null; then
  exit 0
fi
cargo install --quiet --locked --path "$GITHUB_ACTION_PATH/crates/palisade" --root "$RUNNER_TEMP/palisade"
echo "$RUNNER_TEMP/palisade/bin" >>"$GITHUB_PATH"
