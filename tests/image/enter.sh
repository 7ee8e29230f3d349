#!/bin/sh
# Runs a command on a root of its own, as a container engine would: in a mount and a PID namespace (unshare starts this
# script in them), on a layer above the machine's own root, whose Python stands at /usr/local as in the image python:slim.
#
# environment: LAYER   the folder that takes what is written; WORK and ROOT, empty folders beside it
#              PYTHON  the prefix of the Python to put there; HIDDEN, a folder of the machine that must not be seen
#              DIRECTORY, where to begin; IDENTITY, setpriv's options
#              MODE    build: may write, as root; run: a read-only root with a /tmp, no shell in it; VOLUME is put at TARGET
# usage: enter.sh COMMAND...    by env -i, so NAME=VALUE may stand before it
set -eu
mount -t overlay overlay -o "lowerdir=/,upperdir=$LAYER,workdir=$WORK" "$ROOT"
for folder in tmp root "${HIDDEN#/}"; do
	[ ! -d "$ROOT/$folder" ] || mount -t tmpfs -o mode=1777 tmpfs "$ROOT/$folder"
done
if [ "$PYTHON" != /usr ]; then
	mount --bind "$PYTHON" "$ROOT/usr/local"
	mount -o remount,ro,bind "$ROOT/usr/local"
fi
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
for device in null zero random urandom; do
	: >"$ROOT/dev/$device"
	mount --bind "/dev/$device" "$ROOT/dev/$device"
done
mount -t proc proc "$ROOT/proc"
ldconfig -r "$ROOT"
if [ "$MODE" = run ]; then
	for shell in "$ROOT"/usr/bin/dash "$ROOT"/usr/bin/bash "$ROOT"/usr/bin/busybox; do
		[ ! -e "$shell" ] || mount --bind /dev/null "$shell"
	done
	mount -o remount,ro,bind "$ROOT"
	[ -z "${VOLUME:-}" ] || mount --bind "$VOLUME" "$ROOT$TARGET"
fi
# Each step becomes the next one: the command is process 1.
# shellcheck disable=SC2086
exec chroot "$ROOT" /usr/bin/env -i -C "$DIRECTORY" /usr/bin/setpriv $IDENTITY /usr/bin/env "$@"
