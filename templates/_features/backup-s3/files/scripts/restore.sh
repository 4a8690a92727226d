#!/bin/sh
# restore.sh NAMESPACE lists the dumps in object storage.
# restore.sh NAMESPACE DUMP restores one of them into the database whose address the secret store has now. It replaces
# the tables of that database, so it shows the address and asks first. It stops the service, and starts it at the end.
set -eu
namespace=${1:?usage: restore.sh NAMESPACE [DUMP]} dump=${2-}

kubectl() { command kubectl --namespace "$namespace" "$@"; }

# run DUMP creates a job from the suspended CronJob, waits until it ends, and prints its log. It fails if the job fails.
run() {
  job=sample-service-restore-$(date -u +%Y%m%d%H%M%S)
  kubectl create job "$job" --from=cronjob/sample-service-restore --dry-run=client -o yaml |
    kubectl set env --local --filename=- --containers=download --output=yaml "DUMP=$1" | kubectl create --filename=- >&2 || return
  echo "restore.sh: waiting for job/$job, until Ctrl-C; if it does not start: kubectl --namespace $namespace describe job/$job" >&2
  until status=$(kubectl get job "$job" --output=jsonpath='{.status.conditions[?(@.status=="True")].type}') &&
    case $status in *Complete* | *Failed*) true ;; *) false ;; esac; do sleep 2; done
  kubectl logs "job/$job" --all-containers >&2 || true # a container that did not start has no log
  case $status in *Failed*)
    echo "restore.sh: job/$job failed; its log is above" >&2
    return 1
    ;;
  esac
}

if [ -z "$dump" ]; then
  run ''
  exit
fi

# A dump that does not exist must not stop the service.
if ! run '' 2>&1 | tee /dev/stderr | grep " $dump\$" >/dev/null; then
  echo "restore.sh: $dump is not in the list; nothing was changed" >&2
  exit 1
fi

# The Secret must hold what the secret store has now, not the address of the old database.
refreshed() { kubectl get externalsecret sample-service-database --output=jsonpath='{.status.refreshTime}'; }
before=$(refreshed) waited=0
kubectl annotate externalsecret sample-service-database "force-sync=$(date +%s)" --overwrite >/dev/null
while [ "$(refreshed)" = "$before" ]; do
  waited=$((waited + 2))
  if [ "$waited" -gt 120 ]; then
    echo "restore.sh: the secret store was not read within two minutes: kubectl --namespace $namespace describe externalsecret sample-service-database" >&2
    exit 1
  fi
  sleep 2
done
# The job prefers the same address.
secret() { kubectl get secret sample-service-database --output=jsonpath="{.data.$1}"; }
address=$(secret direct_url)
target=$(printf %s "${address:-$(secret url)}" | base64 -d | sed 's|^[^/]*//\([^/]*@\)*||; s|?.*||')

echo "Restore $dump into $target. This replaces its tables."
printf 'Type the name of the database to continue: '
read -r answer
if [ "$answer" != "${target##*/}" ]; then
  echo 'restore.sh: not restored' >&2
  exit 1
fi

replicas=$(kubectl get deployment sample-service --output=jsonpath='{.spec.replicas}')
replicas=$((replicas > 0 ? replicas : 3))
# The nightly backup must not upload a database that is not restored yet.
backups() { kubectl patch cronjob sample-service-backup --patch "{\"spec\":{\"suspend\":$1}}"; }
# If the restore fails or is interrupted, the service stays stopped: its database may be the wrong one.
stopped() {
  echo 'restore.sh: not restored, and the service is stopped. To retry, run the same command. To abort:' >&2
  [ -z "${job-}" ] || echo "kubectl --namespace $namespace delete job/$job" >&2
  echo 'Point the secret store back to the old database, wait five minutes, then run:' >&2
  echo "kubectl --namespace $namespace scale deployment/sample-service --replicas=$replicas" >&2
  echo "kubectl --namespace $namespace patch cronjob/sample-service-backup --patch '{\"spec\":{\"suspend\":false}}'" >&2
}
trap stopped EXIT
trap 'exit 1' HUP INT TERM
backups true
kubectl scale deployment sample-service --replicas=0
kubectl wait --for=delete pods --selector app.kubernetes.io/name=sample-service --field-selector status.phase=Running --timeout=5m
run "$dump"
trap - EXIT HUP INT TERM
backups false
kubectl scale deployment sample-service --replicas="$replicas"
kubectl rollout status deployment sample-service --timeout=10m
