#!/bin/sh
# What the GitHub Action of action.yml runs, in the folder of the workflow's checkout. Its inputs are the PORTOLAN_*
# variables. Exit codes are those of "portolan check"; nothing but annotations is written to standard output.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
main="$root/dist/bundle/cli/main.js"

if ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>&1; then
  echo '::error title=portolan::Node 20.19 or newer is needed: use actions/setup-node before this step'
  exit 2
fi

# An action is checked out as it stands in the repository, which holds no built files.
if [ ! -e "$main" ]; then
  (cd "$root" && npm ci --include=dev --include=optional --no-audit --no-fund && npm run --silent build) >&2
fi

# One path a line; the shell expands patterns, and blanks stay part of a name.
IFS='
'
set -- ${PORTOLAN_FILES:-.}
unset IFS
set -- -- "$@"
if [ -n "${PORTOLAN_CONFIG:-}" ]; then set -- --config "$PORTOLAN_CONFIG" "$@"; fi
if [ -n "${PORTOLAN_NAMESPACE:-}" ]; then set -- --namespace "$PORTOLAN_NAMESPACE" "$@"; fi
if [ "${PORTOLAN_STRICT:-false}" = true ]; then set -- --strict "$@"; fi

if [ -n "${PORTOLAN_SARIF:-}" ]; then
  # The findings decide below whether the step fails.
  node "$main" check --format sarif "$@" >"$PORTOLAN_SARIF" || [ $? -eq 1 ]
fi
exec node "$main" check --format github "$@"
