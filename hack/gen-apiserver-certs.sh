#!/bin/sh
# Makes a certificate authority and a serving certificate for the aggregated API, and brings both to the cluster: the
# Secret that the pod mounts, and the caBundle by which the APIService is verified. Run it again to rotate them.
# usage: gen-apiserver-certs.sh
#
# Variables, with what they are otherwise:
#   NAMESPACE   promoter-system
#   SERVICE     promoter-apiserver
#   SECRET      promoter-apiserver-serving-cert
#   APISERVICE  v1alpha1.view.promoter.argoproj.io
#   DAYS        365, how long the serving certificate is good; the authority for ten times that
#   KUBECTL     kubectl; may have options: KUBECTL='kubectl --context staging'
#
# No step takes anything away from a running program: the caBundle holds the new authority and the one before it, for the
# kubelet brings the new Secret up to two minutes later. The authority's key is not kept: each run makes another one.
set -eu
umask 077

namespace=${NAMESPACE:-promoter-system}
service=${SERVICE:-promoter-apiserver}
secret=${SECRET:-promoter-apiserver-serving-cert}
apiservice=${APISERVICE:-v1alpha1.view.promoter.argoproj.io}
days=${DAYS:-365}
kubectl=${KUBECTL:-kubectl}
# How long after it was replaced an authority may still have its certificate in a pod: the kubelet's two minutes, and rest.
overlap_seconds=600

fail() {
	echo "gen-apiserver-certs.sh: $*" >&2
	exit 1
}

# Of a certificate file: what tells it from others, and when this script has made it (0: something else has).
fingerprint() { openssl x509 -noout -sha256 -fingerprint -in "$1"; }
born() {
	at=$(openssl x509 -noout -subject -in "$1" | sed -n 's/.*@\([0-9][0-9]*\).*/\1/p')
	echo "${at:-0}"
}
# Base64 in one line, of any length, for which some versions of openssl have no room.
decoded() { { cat && echo; } | fold -w 64 | openssl base64 -d; }

[ $# -eq 0 ] || fail "'$1' is not accepted: there are no arguments, only variables; see the top of this file"
case $days in '' | *[!0-9]* | 0*) fail "DAYS: '$days' is wrong; expected: a number of days, e.g. 365" ;; esac
[ "$days" -le 3650 ] || fail "DAYS: '$days' is wrong; expected: at most 3650"
command -v openssl >/dev/null || fail "openssl is not installed: install it, or create the certificates elsewhere (docs/certificates.md)"
command -v "${kubectl%% *}" >/dev/null || fail "${kubectl%% *} is not installed: install it, or name it with KUBECTL"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# $kubectl is split into words: it may have options.
found=$($kubectl get apiservice "$apiservice" --ignore-not-found -o name) ||
	fail "the APIService $apiservice cannot be read, see above: check KUBECONFIG, its context and your permissions"
install="first kubectl get namespace $namespace && kubectl apply -k deploy/apiserver/certs-manual"
[ -n "$found" ] || fail "there is no APIService $apiservice for the caBundle: $install"
injected=$($kubectl get apiservice "$apiservice" -o 'jsonpath={.metadata.annotations.cert-manager\.io/inject-ca-from}')
[ -z "$injected" ] || fail "cert-manager manages this caBundle (cert-manager.io/inject-ca-from: $injected), and would undo the change"

# 1. The authority and the certificate. Its name tells when it was made; two of the same name would be hard to tell apart.
now=$(date +%s)
cat >"$work/openssl.cnf" <<-END
	[req]
	distinguished_name = name
	prompt = no
	[name]
	[authority]
	basicConstraints = critical, CA:TRUE, pathlen:0
	keyUsage = critical, keyCertSign, cRLSign
	subjectKeyIdentifier = hash
	[serving]
	basicConstraints = critical, CA:FALSE
	keyUsage = critical, digitalSignature
	extendedKeyUsage = serverAuth
	subjectKeyIdentifier = hash
	authorityKeyIdentifier = keyid
	subjectAltName = DNS:$service.$namespace.svc, DNS:$service.$namespace.svc.cluster.local
END
{
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/ca.key"
	openssl req -new -x509 -sha256 -config "$work/openssl.cnf" -extensions authority -days "$((days * 10))" \
		-key "$work/ca.key" -subj "/CN=promoter-apiserver-ca@$now" -out "$work/ca.crt"
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/tls.key"
	openssl req -new -sha256 -config "$work/openssl.cnf" -key "$work/tls.key" -subj "/CN=$service.$namespace.svc" \
		-out "$work/tls.csr"
	openssl x509 -req -sha256 -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial \
		-days "$days" -extfile "$work/openssl.cnf" -extensions serving -out "$work/tls.crt"
	openssl verify -CAfile "$work/ca.crt" "$work/tls.crt"
} >"$work/openssl.log" 2>&1 || fail "openssl cannot make the certificates: $(cat "$work/openssl.log")"

# 2. What was trusted until now, newest first; and by what the certificate in the Secret was signed.
$kubectl get apiservice "$apiservice" -o 'jsonpath={.spec.caBundle}' | decoded >"$work/before.pem"
$kubectl get secret "$secret" -n "$namespace" --ignore-not-found -o 'jsonpath={.data.ca\.crt}' |
	decoded >"$work/signed.pem"
awk -v folder="$work" '/BEGIN CERTIFICATE/ { n++ } n { print > (folder "/" sprintf("%03d", n) ".before") }' \
	"$work/before.pem"
signed=
[ ! -s "$work/signed.pem" ] || signed=$(fingerprint "$work/signed.pem")

# 3. The new caBundle: the new authority, the authority of the certificate in the Secret, and each whose successor is so young that
# a pod may not have got it yet. What has expired goes.
cp "$work/ca.crt" "$work/bundle.pem"
successor=$now
for each in "$work"/*.before; do
	[ -e "$each" ] || break
	if [ "$((now - successor))" -lt "$overlap_seconds" ] || [ "$(fingerprint "$each")" = "$signed" ]; then
		openssl x509 -noout -checkend 0 -in "$each" >/dev/null && openssl x509 -in "$each" >>"$work/bundle.pem"
	fi
	successor=$(born "$each")
done

# 4. The Secret, tried before anything is changed. Server-side, for otherwise the key would stand in an annotation too.
cat >"$work/secret.json" <<-END
	{
	  "apiVersion": "v1",
	  "kind": "Secret",
	  "type": "kubernetes.io/tls",
	  "metadata": {
	    "name": "$secret",
	    "namespace": "$namespace",
	    "labels": {
	      "app.kubernetes.io/component": "dashboard-apiserver",
	      "app.kubernetes.io/name": "promoter-view",
	      "app.kubernetes.io/part-of": "promoter"
	    }
	  },
	  "data": {
	    "ca.crt": "$(openssl base64 -A -in "$work/ca.crt")",
	    "tls.crt": "$(openssl base64 -A -in "$work/tls.crt")",
	    "tls.key": "$(openssl base64 -A -in "$work/tls.key")"
	  }
	}
END
put_secret() {
	$kubectl apply --server-side --force-conflicts --field-manager gen-apiserver-certs -f "$work/secret.json" "$@"
}
put_secret --dry-run=server >/dev/null || fail "the Secret $secret cannot be written in $namespace; nothing is changed"

# 5. First who is believed, then who says it: the other way round the new certificate could be there first. One patch,
# for a caBundle beside insecureSkipTLSVerify is refused.
patch="{\"spec\":{\"insecureSkipTLSVerify\":false,\"caBundle\":\"$(openssl base64 -A -in "$work/bundle.pem")\"}}"
$kubectl patch apiservice "$apiservice" --type merge -p "$patch"
put_secret
echo "the certificate is valid until $(openssl x509 -noout -enddate -in "$work/tls.crt" | sed 's/^notAfter=//'); pods get it within two minutes, without a restart"
