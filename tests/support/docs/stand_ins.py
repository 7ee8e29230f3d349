"""Commands that are replaced while pages are run: those that never end, and those that only a kubelet answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StandIn:
    """Its name, what it does otherwise than the command of that name, and a shell script."""

    name: str
    meaning: str
    script: str


_FOR_A_WHILE = (
    """timeout "${WATCH_SECONDS:-4}" "$command" "$@"; status=$?; [ $status -eq 124 ] && exit 0; exit $status"""
)
_ALL = (
    StandIn(
        "kubectl",
        "watches end after some seconds; logs and port-forward find the pod without a kubelet",
        f"""command=$KUBECTL
case " $* " in
*" logs "*) exec cat "$PODS/promoter-apiserver.log" ;;
*" port-forward "*)
	for word; do case $word in deployment/*) pod=$(basename "$word") ;; esac; done
	exec "$PYTHON" "$RELAY" "$word" "$PODS/$pod-$word" ;;
*watch*|*" -w "*) {_FOR_A_WHILE} ;;
*) exec "$KUBECTL" "$@" ;;
esac""",
    ),
    StandIn(
        "curl",
        "streams (-N) end after some seconds",
        f"""command=$CURL
case "$1" in
-*N*) {_FOR_A_WHILE} ;;
*) exec "$CURL" "$@" ;;
esac""",
    ),
    StandIn(
        "make",
        "demo runs in the environment of the tests, in the background",
        """[ "$1" = demo ] || exec "$MAKE_ITSELF" "$@"
exec promoter-view demo""",
    ),
    StandIn(
        "promoter-view",
        "serve and demo go on in the background, once they are ready; the one before ends",
        """case $1 in serve | demo) ;; *) exec "$BIN/promoter-view" "$@" ;; esac
[ ! -e ~/serving ] || kill "$(cat ~/serving)" 2>/dev/null || true
while [ -e ~/serving ] && kill -0 "$(cat ~/serving)" 2>/dev/null; do sleep 0.2; done
"$BIN/promoter-view" "$@" >~/served 2>&1 &
echo $! >~/serving
until "$CURL" -skf https://127.0.0.1:6443/readyz >/dev/null; do
	kill -0 $! || { cat ~/served; exit 1; }
	sleep 0.5
done""",
    ),
    StandIn(
        "nginx",
        "goes on in the background",
        """"$NGINX" "$@" &
sleep 1; kill -0 $!""",
    ),
)
STAND_INS = {each.name: each for each in _ALL}
