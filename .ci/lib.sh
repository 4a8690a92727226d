# shellcheck shell=bash
# Shared by the scripts of .ci: where tools and images are kept, and how a stage is timed.
# Tools live outside the clone, so that a second run finds them.

export ACTON_TOOLS=${ACTON_TOOLS:-$HOME/.cache/acton-tools}
export PATH="$ACTON_TOOLS/bin:$PATH"
export GOTOOLCHAIN=local
# Without the paths in what is compiled, clones and the projects made in directories of their own share the build cache.
GOFLAGS=$(go env GOFLAGS)
[[ " $GOFLAGS " == *' -trimpath '* ]] || GOFLAGS+=' -trimpath' # a script that another one calls reads this too
export GOFLAGS
# A module that the registry does not hold is an error, not a reason to ask a version-control host.
GOPROXY=$(go env GOPROXY | sed 's/,direct$//')
export GOPROXY
mkdir -p "$ACTON_TOOLS/bin"

# need_packages COMMAND=PACKAGE... installs the Debian packages whose command is missing.
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

# need_go_tool NAME PACKAGE@VERSION builds a Go tool that is missing, or is there at another version.
need_go_tool() {
  local version=${2##*@} stamp=$ACTON_TOOLS/bin/.$1.version
  [[ -x $ACTON_TOOLS/bin/$1 && $(cat "$stamp" 2>/dev/null) == "$version" ]] && return 0
  GOFLAGS='' GOBIN=$ACTON_TOOLS/bin CGO_ENABLED=0 go install -ldflags '-s -w' "$2"
  echo "$version" >"$stamp"
}
