#!/usr/bin/env bash
# Restores a backup into a new database and runs the service on it. Without an argument, which names a backup, it makes a
# backup now, and compares the restored rows with the original ones.
# shellcheck source=drill.sh
source "$(dirname "${BASH_SOURCE[0]}")/drill.sh"
# shellcheck source=postgres.sh
source scripts/postgres.sh

backup=${1:-}
restored=drill_restore_$$
if [[ -z $backup ]]; then
  backup=$work/backup.dump
  # The backup and the comparison use one snapshot, because others may write meanwhile.
  BACKUP=$backup TABLES=$tables on_server psql --no-psqlrc -qAt --set=ON_ERROR_STOP=1 >"$work/before" <<'SQL'
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv SNAPSHOT :snapshot
\! pg_dump --snapshot="$SNAPSHOT" --format=custom --no-owner --no-privileges --file="$BACKUP"
\getenv tables TABLES
\i :tables
COMMIT;
SQL
  say "backup made: $(wc -c <"$backup") bytes"
fi
[[ -s $backup ]] || fail "there is no backup $backup"

on_server createdb "$restored"
cleanup() { on_server dropdb --force "$restored"; }
make --silent restore BACKUP="$backup" RESTORE_TO="$restored"
say "restored"
fingerprint --dbname="$restored" >"$work/after"
if [[ -e $work/before ]]; then
  diff "$work/before" "$work/after" || fail "the restored rows differ from the original ones"
  say "every row is restored"
fi
while IFS='|' read -r table rows _; do echo "        $table: $rows rows"; done <"$work/after"

lead_to "$(address "$restored")"
"$binary" migrate up >/dev/null
start
expect 200 /ready 30
say "the service is ready; this is how long a restore of this size takes"
