#!/usr/bin/env bash
# A process that hangs is found by the liveness probe and restarted. An argument is the time between two probes in
# seconds, in place of that of the manifest.
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
say "$path answers 200; the process is stopped now"
kill -STOP "$pid"
for ((n = 1; n <= failures; n++)); do
  ((n == 1)) || sleep "$period"
  got=$(status "$path" "$timeout")
  [[ $got == 000 ]] || fail "a process that hangs answers $got"
  say "probe $n of $failures: no answer"
done
say "here the kubelet restarts the container"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
start
expect 200 "$path"
expect 200 "$(probe readinessProbe path)"
say "the new process answers, and is ready"
