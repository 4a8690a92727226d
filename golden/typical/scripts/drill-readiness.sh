#!/usr/bin/env bash
# Stops the service, and shows that it leaves the Service before it exits and loses no request.
# shellcheck source=drill.sh
source "$(dirname "${BASH_SOURCE[0]}")/drill.sh"

path=$(probe readinessProbe path)
grace=$(awk '$1 == "terminationGracePeriodSeconds:" { print $2 }' "$manifest")
drain=$("$binary" config print --profile staging | awk '$1 == "server.drain_delay" { print $NF }')
same_port readinessProbe
say "readiness: GET $path every $(probe readinessProbe periodSeconds) s, out after $(probe readinessProbe failureThreshold) failures; drain delay $drain"

start "server.drain_delay=$drain"
expect 200 "$path"
say "$path answers 200; sending SIGTERM now"
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
say "the process answered $answered more requests, and /health"
code=0
wait "$pid" || code=$?
pid=''
((code == 0)) || fail "the process exited with code $code"
((SECONDS - told < grace)) || fail "it took $((SECONDS - told)) s, and the pod has $grace s"
say "the process exited with code 0 after $((SECONDS - told)) s; the pod would have had $grace s"
