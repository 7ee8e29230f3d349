#!/bin/sh
# Waits until a commit is live in an environment, or was live and a later commit is live now.
# usage: wait-for-commit.sh NAMESPACE/STRATEGY BRANCH SHA [SECONDS]
#
# BRANCH is the environment's branch, SHA at least 7 characters of the dry commit. The default of SECONDS is 1800.
# Status: 0 it is live, or was; 1 a check of it failed; 2 timeout; 3 another commit replaced it before it was
# live; 64 wrong arguments. It watches and never polls. KUBECTL='kubectl --context staging' chooses a cluster.
set -eu

kubectl=${KUBECTL:-kubectl}

end() {
	status=$1
	shift
	echo "$*" >&2
	exit "$status"
}

[ $# -eq 3 ] || [ $# -eq 4 ] || end 64 "usage: wait-for-commit.sh NAMESPACE/STRATEGY BRANCH SHA [SECONDS]"
namespace=${1%%/*}
name=${1#*/}
branch=$2
sha=$(printf %s "$3" | tr 'A-F' 'a-f')
seconds=${4:-1800}
case $1 in
*/*/* | /* | */ | *[!-a-z0-9./]*) end 64 "'$1' is wrong; expected: NAMESPACE/STRATEGY" ;;
*/*) ;;
*) end 64 "'$1' is wrong; expected: NAMESPACE/STRATEGY" ;;
esac
case $branch in '' | *[\"\\]*) end 64 "BRANCH: '$branch' is wrong; expected: an environment's branch" ;; esac
case $sha in
*[!0-9a-f]*) end 64 "SHA: '$3' is wrong; expected: 7 or more characters of a commit" ;;
???????*) ;;
*) end 64 "SHA: '$3' is wrong; expected: 7 or more characters of a commit" ;;
esac
case $seconds in '' | *[!0-9]* | 0*) end 64 "SECONDS: '$seconds' is wrong; expected: a number, e.g. 1800" ;; esac

# Of each state a line a fact, and at its end one that says so. What is not there yet gives no line.
template='{{range .changeTransferPolicies}}{{if eq .spec.activeBranch "'$branch'"}}{{with .status}}'\
'{{with .active}}{{with .dry}}{{with .sha}}live {{.}}{{"\n"}}{{end}}{{end}}{{end}}'\
'{{range .history}}{{with .active}}{{with .dry}}{{with .sha}}was {{.}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'\
'{{with .proposed}}{{with .dry}}{{with .sha}}next {{.}}{{"\n"}}{{end}}{{end}}'\
'{{range .commitStatuses}}{{if eq .phase "failure"}}failed {{.key}}{{"\n"}}{{end}}{{end}}{{end}}'\
'{{end}}{{end}}{{end}}end{{"\n"}}'

work=$(mktemp -d)
watching=
trap '[ -z "$watching" ] || kill "$watching" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
mkfifo "$work/states"

until=$(($(date +%s) + seconds))
seen='' runs='' live='' next='' failed='' met=''
judge() {
	if [ -n "$met" ]; then
		case $live in "$sha"*) end 0 "$live is live in $branch" ;; esac
		end 0 "$met was live in $branch; now $live is"
	fi
	case $next in
	"$sha"*)
		seen=$next
		[ -z "$failed" ] || end 1 "$next is proposed to $branch, and checks failed:$failed"
		;;
	*) [ -z "$seen" ] || end 3 "$seen was never live in $branch: ${next:-nothing} is proposed in its place" ;;
	esac
	runs=$live live='' next='' failed=''
}

while left=$((until - $(date +%s))) && [ "$left" -gt 0 ]; do
	# $kubectl is split into words: it may have options. A watch that the server ends is begun again.
	$kubectl get promotionstrategydetails.view.promoter.argoproj.io "$name" -n "$namespace" --watch \
		--request-timeout "${left}s" -o go-template="$template" >"$work/states" 2>"$work/errors" &
	watching=$!
	read_any=
	while read -r fact value; do
		read_any=yes
		case $fact in
		live | was)
			[ "$fact" = was ] || live=$value
			case $value in "$sha"*) met=$value ;; esac
			;;
		next) next=$value ;;
		failed) failed="$failed $value" ;;
		end) judge ;;
		esac
	done <"$work/states"
	wait "$watching" || true
	watching=
	[ -n "$read_any" ] || sleep 2
done
why=$(tail -n 1 "$work/errors")
[ -n "$runs$seen" ] || end 2 "for $seconds s nothing was seen of $branch in $1: ${why:-it has no environment of that branch, or nothing is live there}"
end 2 "after $seconds s $branch of $1 runs ${runs:-nothing}, not $sha${seen:+, which is proposed}"
