#!/usr/bin/env bash
# undo.sh ENVIRONMENT REVISION: brings back the revision that ran before a rollout. Without one there was nothing before.
set -euo pipefail

namespace=billing-api-$1 before=$2
now=$(kubectl --namespace "$namespace" get deployment/billing-api --ignore-not-found \
  --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')
if [[ -z $before || $now == "$before" ]]; then
  echo "There is nothing to undo: revision '$now' runs, and '$before' ran before."
  exit
fi
kubectl --namespace "$namespace" get pods,events
kubectl --namespace "$namespace" rollout undo deployment/billing-api --to-revision "$before"
kubectl --namespace "$namespace" rollout status deployment/billing-api --timeout 15m
