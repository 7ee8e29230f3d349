#!/bin/sh
# Builds kube-apiserver, etcd and kubectl, as go.mod names them, and the informer beside it, into a cache folder, once,
# and prints that folder.
# usage: build.sh [CACHE]    CACHE: where (default $PROMOTER_VIEW_CONTROLPLANE, else ~/.cache/promoter-view/controlplane)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:-${PROMOTER_VIEW_CONTROLPLANE:-${XDG_CACHE_HOME:-$HOME/.cache}/promoter-view/controlplane}}
command -v go >/dev/null || { echo "build.sh: Go 1.26 or newer is needed to build the control plane (https://go.dev/dl)" >&2; exit 3; }
version=$(sed -n 's/^\tk8s.io\/kubernetes v\([0-9.]*\).*/\1/p' "$here/go.mod" | head -n 1)
folder=$cache/$(cat "$here/go.mod" "$here/go.sum" | cksum | cut -d ' ' -f 1)
if [ ! -e "$folder/complete" ]; then
	mkdir -p "$folder"
	cd "$here"
	package=k8s.io/component-base/version
	flags="-s -w -X $package.gitVersion=v$version -X $package.gitMajor=${version%%.*} -X $package.gitMinor=$(echo "$version" | cut -d . -f 2)"
	for tool in k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl; do
		echo "building ${tool##*/} $version" >&2
		CGO_ENABLED=0 go build -buildvcs=false -ldflags "$flags" -o "$folder/${tool##*/}" "$tool"
	done
	echo "building etcd" >&2
	CGO_ENABLED=0 go build -buildvcs=false -ldflags "-s -w" -o "$folder/etcd" go.etcd.io/etcd/server/v3
	touch "$folder/complete"
fi
# Under another name first: another run may be about to start it.
informer=$(cat "$here"/informer/go.mod "$here"/informer/go.sum "$here"/informer/main.go | cksum | cut -d ' ' -f 1)
if [ "$(cat "$folder/informer.built" 2>/dev/null)" != "$informer" ]; then
	echo "building informer" >&2
	cd "$here/informer"
	CGO_ENABLED=0 go build -buildvcs=false -ldflags "-s -w" -o "$folder/informer.$$" .
	mv "$folder/informer.$$" "$folder/informer"
	echo "$informer" >"$folder/informer.built"
fi
echo "$folder"
