#!/usr/bin/env bash
# A backup becomes a database again, with every row, and the service runs on it. An argument names the backup; without
# one it is made now and compared with what it was made of.
# shellcheck source=drill.sh
source "$(dirname "${BASH_SOURCE[0]}")/drill.sh"
# shellcheck source=postgres.sh
source scripts/postgres.sh

backup=${1:-}
restored=drill_restore_$$
if [[ -z $backup ]]; then
  backup=$work/backup.dump
  # One snapshot for the backup and for the comparison: others may write meanwhile.
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
  diff "$work/before" "$work/after" || fail "what was restored is not what was backed up"
  say "every row is there again"
fi
while IFS='|' read -r table rows _; do echo "        $table: $rows rows"; done <"$work/after"

lead_to "$(address "$restored")"
"$binary" migrate up >/dev/null
start
expect 200 /ready 30
say "the service is ready on it; this is the time that data of this size needs"
