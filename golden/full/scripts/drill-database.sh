#!/usr/bin/env bash
# Loses the database and brings it back. The service must become unready and ready again without a restart.
# shellcheck source=drill.sh
source "$(dirname "${BASH_SOURCE[0]}")/drill.sh"
# shellcheck source=postgres.sh
source scripts/postgres.sh

path=$(probe readinessProbe path)
live=$(probe livenessProbe path)
there=$(address '')
lead_to "$there"
start service.name=drill
expect 200 "$path" 30
say "$path answers 200; disconnecting the database now"

# New connections go to a port on which nothing listens. Open ones are terminated.
lead_to 'postgres://drill@127.0.0.1:1/drill?sslmode=disable'
BILLING_API_DATABASE__URL_FILE='' BILLING_API_DATABASE__URL=$there on_server psql --no-psqlrc -qAt \
  -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'drill' AND pid <> pg_backend_pid()" >/dev/null
expect 503 "$path"
say "$path answers 503: $(cat "$work/answer")"
[[ $(status "$live") == 200 ]] || fail "$live answers $(status "$live"): the pod would be restarted, which does not help"
[[ $(status '/v1/notes?owner=drill') == 503 ]] || fail "the API does not answer 503 without its database"
say "$live answers 200, so nothing is restarted; the API answers 503"

lead_to "$there"
expect 200 "$path" 30
expect 200 '/v1/notes?owner=drill'
say "the database is back, and so is the service, in the same process"
kill -TERM "$pid"
wait "$pid" || fail "the process exited with code $?"
pid=''
