#!/usr/bin/env bash
# A process that is told to stop is taken out of the Service before it goes, and loses no request.
# shellcheck source=drill.sh
source "$(dirname "${BASH_SOURCE[0]}")/drill.sh"

path=$(probe readinessProbe path)
grace=$(awk '$1 == "terminationGracePeriodSeconds:" { print $2 }' "$manifest")
drain=$("$binary" config print --profile staging | awk '$1 == "server.drain_delay" { print $NF }')
same_port readinessProbe
say "readiness: GET $path every $(probe readinessProbe periodSeconds) s, out after $(probe readinessProbe failureThreshold) failures; drain delay $drain"

start "server.drain_delay=$drain"
expect 200 "$path"
say "$path answers 200; the process is told to stop now"
told=$SECONDS
kill -TERM "$pid"
expect 503 "$path" 2
grep -q '"draining":true' "$work/answer" || fail "the answer does not say that it drains"
say "$path answers 503: no new requests come here"
answered=0
while got=$(status '/v1/notes?owner=drill') && [[ $got == 200 ]]; do
  answered=$((answered + 1))
  got=$(status "$(probe livenessProbe path)")
  [[ $got == 200 ]] || break
  sleep 0.1
done
[[ $got == 000 ]] || fail "a request was answered $got while draining"
((answered > 0)) || fail "requests are refused while load balancers still send them"
say "$answered requests that came all the same were answered, and /health too"
code=0
wait "$pid" || code=$?
pid=''
((code == 0)) || fail "the process ended with $code"
((SECONDS - told < grace)) || fail "it took $((SECONDS - told)) s, and the pod has $grace s"
say "the process ended with 0 after $((SECONDS - told)) s; the pod would have had $grace s"
