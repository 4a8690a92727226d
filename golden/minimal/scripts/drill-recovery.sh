#!/usr/bin/env bash
# Clones, builds and starts the last commit, and measures how long that takes.
# shellcheck source=drill.sh
source "$(dirname "${BASH_SOURCE[0]}")/drill.sh"

git clone --quiet --no-hardlinks . "$work/clone"
commit=$(git -C "$work/clone" rev-parse HEAD)
say "cloned $commit"
make --silent -C "$work/clone" build
binary=$work/clone/bin/billing-api
"$binary" version | grep -q "${commit:0:7}" || fail "the binary is not of that commit"
"$binary" config check --profile staging >/dev/null
say "built, and the settings are valid"
start
expect 200 /health
expect 200 /ready 30
expect 200 '/v1/notes?owner=drill'
say "the service answers; this time excludes the cluster and manual steps"
