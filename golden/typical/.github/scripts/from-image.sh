#!/usr/bin/env bash
# from-image.sh IMAGE FILE: installs a program from a container image. The tag of the image is its version.
set -euo pipefail

image=$1 file=$2
bin=${RUNNER_TEMP:?is set by the runner}/bin
mkdir -p "$bin"
container=$(docker create "$image")
trap 'docker rm "$container" >/dev/null' EXIT
docker cp "$container:$file" "$bin/"
chmod 0755 "$bin/${file##*/}"
echo "$bin" >>"$GITHUB_PATH"
