# shellcheck shell=bash
# Functions for drills with the database. Source it after drill.sh.
: "${binary:?source drill.sh first}" "${work:?}"

# on_server PROGRAM [ARGUMENT...] runs a program of PostgreSQL with the credentials of the settings.
on_server() { "$binary" database exec -- "$@"; }

# address NAME prints a URL for a database of the server.
address() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  on_server sh -c 'printf "postgres://%s@/%s?host=%s&port=%s&sslmode=%s%s" "$PGUSER" "${0:-$PGDATABASE}" "$PGHOST" "$PGPORT" \
    "${PGSSLMODE:-prefer}" "${PGSSLROOTCERT:+&sslrootcert=$PGSSLROOTCERT}"' "$1"
}

# lead_to URL makes services that start from now on use the URL. A running one uses it for its next connection.
lead_to() {
  if [[ -z ${BILLING_API_DATABASE__URL_FILE:-} || $BILLING_API_DATABASE__URL_FILE != "$work/url" ]]; then
    # shellcheck disable=SC2016 # expanded by the inner shell
    BILLING_API_DATABASE__PASSWORD=$(on_server sh -c 'printf %s "$PGPASSWORD"')
    export BILLING_API_DATABASE__PASSWORD BILLING_API_DATABASE__URL_FILE="$work/url"
    unset BILLING_API_DATABASE__URL BILLING_API_DATABASE__PASSWORD_FILE
  fi
  (umask 077 && printf %s "$1" >"$work/url")
}

# fingerprint [ARGUMENT...] prints each table with its number of rows and a checksum of their contents.
tables=$work/tables.sql
cat >"$tables" <<'SQL'
SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM %s t', oid::regclass, oid::regclass)
FROM pg_class WHERE relkind = 'r' AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
ORDER BY oid::regclass::text \gexec
SQL
fingerprint() { on_server psql --no-psqlrc -qAt --set=ON_ERROR_STOP=1 --file="$tables" "$@"; }
