# shellcheck shell=bash
# Sourced by other scripts. Configures buildah and podman for root on a machine without
# systemd, Docker and possibly CAP_SYS_RESOURCE. The checks have their own storage.

containers=$ACTON_TOOLS/containers
mkdir -p "$containers/networks"
cat >"$containers/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$containers/store"
runroot = "$containers/run"
CONF
cat >"$containers/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "$containers/networks"
CONF
export CONTAINERS_STORAGE_CONF=$containers/storage.conf CONTAINERS_CONF=$containers/containers.conf DISABLE_HC_SYSTEMD=true

# build_image CONTEXT TAG [ARGS...] builds an image like `docker build`, from local base images only. The build uses the
# CA certificates of this machine, because a proxy may re-sign the TLS of the module registry.
build_image() {
  local context=$1 tag=$2
  shift 2
  buildah bud --quiet --isolation chroot --pull-never --network host --format docker --platform linux/amd64 \
    -v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro "$@" -t "$tag" "$context"
}

has_image() { buildah images -q "$1" >/dev/null 2>&1; }
