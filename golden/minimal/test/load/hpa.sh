#!/usr/bin/env bash
# Watches the autoscaler while `make load PROFILE=scale` runs, and fails unless it adds and then removes instances:
#
#   bash test/load/hpa.sh billing-api-staging
#
# The second argument is the time limit for each of the two steps; the default is 30m.
set -euo pipefail
namespace=${1:?usage: bash test/load/hpa.sh NAMESPACE [LIMIT]} limit=${2:-30m}
interval=${INTERVAL:-5}
case $limit in
*m) limit=$((${limit%m} * 60)) ;;
*s) limit=${limit%s} ;;
*) echo "hpa.sh: $limit: give the limit as 90s or 30m" >&2; exit 2 ;;
esac

# instances prints the minimum and the current number of instances.
instances() {
  kubectl --namespace "$namespace" get horizontalpodautoscaler billing-api \
    --output 'jsonpath={.spec.minReplicas} {.status.currentReplicas}'
}

read -r least began <<<"$(instances)"
[[ $began =~ ^[0-9]+$ ]] || { echo "FAIL  the autoscaler of $namespace has seen no instance: kubectl --namespace $namespace describe hpa billing-api" >&2; exit 1; }
echo "      $(date +%T)  $began instances, at least $least"

last=$began
# until_between LOW HIGH WORDS waits until the number of instances is in the range.
until_between() {
  local deadline=$((SECONDS + limit)) now
  while ((SECONDS < deadline)); do
    sleep "$interval"
    read -r _ now <<<"$(instances)"
    [[ $now =~ ^[0-9]+$ ]] || continue # retry if kubectl fails
    ((now == last)) || echo "      $(date +%T)  $now instances"
    last=$now
    if ((now >= $1 && now <= $2)); then
      echo "ok    $3: $now instances"
      return
    fi
  done
  echo "FAIL  $3: still $last instances after $limit s. kubectl --namespace $namespace describe hpa billing-api shows the cause;" \
    "perhaps the load needs a higher RATE" >&2
  return 1
}

until_between $((began + 1)) 1000 'more under load'
until_between 0 "$least" 'fewer without'
