#!/usr/bin/env bash
# Suspends the service, and shows when the liveness probe would restart it. The optional argument overrides the probe
# period in seconds; the default is the period in the manifest.
# shellcheck source=drill.sh
source "$(dirname "${BASH_SOURCE[0]}")/drill.sh"

path=$(probe livenessProbe path)
timeout=$(probe livenessProbe timeoutSeconds)
period=${1:-$(probe livenessProbe periodSeconds)}
failures=$(probe livenessProbe failureThreshold)
same_port livenessProbe
say "liveness: GET $path every ${period} s, at most ${timeout} s, a restart after $failures failures"

start
expect 200 "$path"
say "$path answers 200; suspending the process now"
kill -STOP "$pid"
for ((n = 1; n <= failures; n++)); do
  ((n == 1)) || sleep "$period"
  got=$(status "$path" "$timeout")
  [[ $got == 000 ]] || fail "the suspended process answers $got"
  say "probe $n of $failures: no answer"
done
say "the kubelet would restart the container now"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
start
expect 200 "$path"
expect 200 "$(probe readinessProbe path)"
say "the new process answers, and is ready"
