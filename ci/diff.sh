#!/usr/bin/env bash
# Compares the documents that PALISADE_SPECS names with what they were at PALISADE_BASE.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/arguments.sh"
# A checkout has its last commit alone, unless it is asked for more.
if ! git cat-file -e "$PALISADE_BASE^{commit}" 2>/dev/null; then
  git fetch --quiet --no-tags --depth=1 origin "$PALISADE_BASE"
fi
flags+=(--base "$PALISADE_BASE")
report diff
