#!/bin/sh
# Builds helm, as go.mod names it, into a cache folder, once, and prints that folder.
# usage: build.sh [CACHE]    CACHE: where (default $PROMOTER_VIEW_HELM, else ~/.cache/promoter-view/helm)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:-${PROMOTER_VIEW_HELM:-${XDG_CACHE_HOME:-$HOME/.cache}/promoter-view/helm}}
command -v go >/dev/null || { echo "build.sh: Go 1.26 or newer is needed to build helm (https://go.dev/dl)" >&2; exit 3; }
folder=$cache/$(cat "$here/go.mod" "$here/go.sum" | cksum | cut -d ' ' -f 1)
if [ ! -x "$folder/helm" ]; then
	echo "building helm" >&2
	mkdir -p "$folder"
	cd "$here"
	# Under another name first: another run may be about to start it.
	CGO_ENABLED=0 go build -buildvcs=false -ldflags "-s -w" -o "$folder/helm.$$" helm.sh/helm/v4/cmd/helm
	mv "$folder/helm.$$" "$folder/helm"
fi
echo "$folder"
