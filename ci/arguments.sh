# The arguments of a command from the environment, and how its result is shown; read by review.sh and diff.sh.
flags=()
if [ -n "${PALISADE_FAIL_ON:-}" ]; then flags+=(--fail-on "$PALISADE_FAIL_ON"); fi
if [ -n "${PALISADE_CONFIG:-}" ]; then flags+=(--config "$PALISADE_CONFIG"); fi
# Split at white space, and never expanded: patterns are the program's to read.
read -r -d '' -a specs <<<"$PALISADE_SPECS" || true

# Shows what the command $1 finds, in the summary of the job and as annotations, and ends as it does.
report() {
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    palisade "$1" "${flags[@]}" --format markdown -- "${specs[@]}" >>"$GITHUB_STEP_SUMMARY" || true
  fi
  palisade "$1" "${flags[@]}" --format github -- "${specs[@]}"
}
