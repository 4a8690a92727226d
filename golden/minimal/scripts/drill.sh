# shellcheck shell=bash
# Functions for the drills: start a service on free ports, and read the probes from the manifest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=$PWD/bin/billing-api
manifest=deploy/kubernetes/base/deployment.yaml
work=$(mktemp -d)
pid='' url=''

cleanup() { :; } # a drill can override this

finish() {
  local code=$?
  if [[ -n $pid ]]; then
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  cleanup || code=1
  if ((code != 0)) && [[ -s $work/log ]]; then tail -n 20 "$work/log" >&2; fi
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }
fail() {
  echo "drill failed: $*" >&2
  exit 1
}

# start [KEY=VALUE...] runs the service with these settings, and sets pid and url.
start() {
  [[ -x $binary ]] || fail "${binary#"$PWD"/} does not exist; run make build"
  local setting port
  local -a flags=(--set server.port=0 --set metrics.port=0 --set log.format=json)
  for setting; do flags+=(--set "$setting"); done
  : >"$work/log"
  "$binary" serve "${flags[@]}" >>"$work/log" 2>&1 &
  pid=$!
  for ((tries = 0; tries < 300; tries++)); do
    port=$(sed -n 's/.*"listener":"api","addr":"[^"]*:\([0-9]*\)".*/\1/p' "$work/log")
    if [[ -n $port ]]; then
      url=http://127.0.0.1:$port
      return
    fi
    kill -0 "$pid" 2>/dev/null || fail "the service did not start"
    sleep 0.1
  done
  fail "the service does not listen"
}

# status PATH [TIMEOUT] prints the status of the answer, 000 if there is none; the answer is in $work/answer.
status() { curl -s -o "$work/answer" -w '%{http_code}' --max-time "${2:-3}" "$url$1" || true; }

# expect STATUS PATH [SECONDS] waits for a status.
expect() {
  local got until=$((SECONDS + ${3:-10}))
  while got=$(status "$2") && [[ $got != "$1" ]]; do
    ((SECONDS < until)) || fail "$2 answers $got, want $1"
    sleep 0.2
  done
}

# probe NAME KEY prints a key of a probe in the manifest, such as probe livenessProbe periodSeconds.
probe() {
  awk -v probe="$1:" -v key="$2:" '
    $1 == probe { inside = 1; match($0, /^ */); depth = RLENGTH; next }
    inside { match($0, /^ */); if (RLENGTH <= depth) exit; if ($1 == key) { print $2; exit } }' "$manifest" | grep . ||
    fail "$manifest: there is no $2 in $1"
}

# same_port PROBE fails unless the probe uses the default port of the service.
same_port() {
  local name declared listens
  name=$(probe "$1" port)
  declared=$(awk -v name="$name" '$1 == "-" && $2 == "name:" && $3 == name { getline; print $2; exit }' "$manifest")
  listens=$(env -i "$binary" config print | awk '$1 == "server.port" { print $NF }')
  [[ $declared == "$listens" ]] || fail "the probe uses port $name ($declared), but the service listens on $listens"
}
