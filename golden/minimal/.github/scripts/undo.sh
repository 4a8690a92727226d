#!/usr/bin/env bash
# undo.sh ENVIRONMENT REVISION: rolls back to the revision that ran before a rollout. An empty REVISION means that none ran.
set -euo pipefail

namespace=billing-api-$1 before=$2
now=$(kubectl --namespace "$namespace" get deployment/billing-api --ignore-not-found \
  --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')
if [[ -z $before || $now == "$before" ]]; then
  echo "Nothing to roll back: revision '$now' runs, and revision '$before' ran before."
  exit
fi
kubectl --namespace "$namespace" get pods,events
kubectl --namespace "$namespace" rollout undo deployment/billing-api --to-revision "$before"
kubectl --namespace "$namespace" rollout status deployment/billing-api --timeout 15m
