#!/usr/bin/env bash
# Reviews the documents that PALISADE_SPECS names: a file for code scanning, a summary, and annotations. The last run decides.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/arguments.sh"
if [ -n "${PALISADE_SARIF:-}" ]; then
  palisade review "${flags[@]}" --format sarif -- "${specs[@]}" >"$PALISADE_SARIF" || true
fi
report review
