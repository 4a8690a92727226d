# shellcheck shell=bash
# Sourced by the scripts in .ci. Sets the directory of tools and images, and the Go environment.
# Tools are outside the clone, so that other runs and clones reuse them.

export ACTON_TOOLS=${ACTON_TOOLS:-$HOME/.cache/acton-tools}
export PATH="$ACTON_TOOLS/bin:$PATH"
export GOTOOLCHAIN=local
# -trimpath removes paths from object files, so that clones and rendered projects share the build cache.
GOFLAGS=$(go env GOFLAGS)
[[ " $GOFLAGS " == *' -trimpath '* ]] || GOFLAGS+=' -trimpath' # nested scripts inherit GOFLAGS
export GOFLAGS
# A module that the proxy does not have is an error. Do not fall back to version control.
GOPROXY=$(go env GOPROXY | sed 's/,direct$//')
export GOPROXY
mkdir -p "$ACTON_TOOLS/bin"

# need_packages COMMAND=PACKAGE... installs the Debian packages of missing commands.
need_packages() {
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  ((${#missing[@]})) || return 0
  install_packages "${missing[@]}"
}

install_packages() {
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# need_go_tool NAME PACKAGE@VERSION builds a Go tool that is missing or has another version.
need_go_tool() {
  local version=${2##*@} stamp=$ACTON_TOOLS/bin/.$1.version
  [[ -x $ACTON_TOOLS/bin/$1 && $(cat "$stamp" 2>/dev/null) == "$version" ]] && return 0
  GOFLAGS='' GOBIN=$ACTON_TOOLS/bin CGO_ENABLED=0 go install -ldflags '-s -w' "$2"
  echo "$version" >"$stamp"
}
