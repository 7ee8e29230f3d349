#!/bin/sh
# Lets a cluster ask a promoter-view that runs on this machine: applies deploy/apiserver/local-host with the address, the
# port and the authority filled in. The cluster has to reach the address; from kind that is the host's on its network.
# usage: register-local-host.sh ADDRESS [PORT] [CERTIFICATE]
#   ADDRESS      an IPv4 or IPv6 address, not of the loopback nor link-local
#   PORT         where --secure-port listens (6443)
#   CERTIFICATE  the self-signed one of --cert-dir, or another authority (apiserver.local.config/certificates/apiserver.crt)
# KUBECTL may name another kubectl, and have options. To undo it: kubectl delete -k deploy/apiserver/local-host
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
kubectl=${KUBECTL:-kubectl}

fail() {
	echo "register-local-host.sh: $*" >&2
	exit 1
}

[ $# -ge 1 ] && [ $# -le 3 ] || fail "usage: register-local-host.sh ADDRESS [PORT] [CERTIFICATE]"
address=$1
port=${2:-6443}
certificate=${3:-apiserver.local.config/certificates/apiserver.crt}
family=IPv4
case $address in *:*) family=IPv6 ;; esac
case $address in
127.* | ::1) fail "ADDRESS: '$address' is of the loopback, where the cluster finds itself only; give one that it can reach" ;;
[Ff][Ee]80:*) fail "ADDRESS: '$address' is link-local, which no cluster takes for an endpoint; give another one" ;;
*:*[!0-9A-Fa-f:.]* | *[!0-9A-Fa-f:.]*:*) fail "ADDRESS: '$address' is wrong; expected: an IPv6 address without brackets, e.g. fd00::1" ;;
*:*) ;;
*[!0-9.]* | '' | .* | *.) fail "ADDRESS: '$address' is wrong; expected: an IPv4 or IPv6 address, e.g. 172.18.0.1" ;;
esac
case $port in '' | *[!0-9]* | ??????*) fail "PORT: '$port' is wrong; expected: a number up to 65535" ;; esac
[ -r "$certificate" ] || fail "CERTIFICATE: $certificate cannot be read; start promoter-view here first, it makes one"
openssl x509 -noout -in "$certificate" 2>/dev/null || fail "CERTIFICATE: $certificate is no certificate in PEM"

$kubectl kustomize "$here/deploy/apiserver/local-host" |
	sed -e "s/^\( *\)- 192\.0\.2\.1\$/\1- \"$address\"/" -e "s/^addressType: IPv4\$/addressType: $family/" -e "s/^\(.*[pP]ort:\) 6443\$/\1 $port/" |
	$kubectl apply -f -
patch="{\"spec\":{\"insecureSkipTLSVerify\":false,\"caBundle\":\"$(openssl base64 -A -in "$certificate")\"}}"
$kubectl patch apiservice v1alpha1.view.promoter.argoproj.io --type merge -p "$patch"
