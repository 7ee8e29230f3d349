"""A stand-in for cert-manager: it makes the Secrets that Certificates ask for, and injects what has signed them."""

from __future__ import annotations

import base64
import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.controlplane.installation.installed import API_SERVICES
from tests.controlplane.installation.pod import NAMESPACE
from tests.support.plane.client import Client, RefusedError

_PATH = f"/apis/cert-manager.io/v1/namespaces/{NAMESPACE}"
_SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"
_INJECT = "cert-manager.io/inject-ca-from"
_HOURS = datetime.timedelta(hours=1)
Key = ec.EllipticCurvePrivateKey


class CertManager:
    """Issues, renews and injects when it is told to."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def issue(self, name: str) -> None:
        """Makes a Certificate's Secret anew; again is a renewal. An authority keeps its key where it says Never."""
        spec = self._client.get(f"{_PATH}/certificates/{name}")["spec"]
        issuer = self._client.get(f"{_PATH}/issuers/{spec['issuerRef']['name']}")["spec"]
        assert spec["privateKey"] in (
            {"algorithm": "ECDSA", "size": 256, "rotationPolicy": each} for each in ("Never", "Always")
        )
        kept = self._read(spec["secretName"]) if spec["privateKey"]["rotationPolicy"] == "Never" else None
        key = kept[1] if kept else ec.generate_private_key(ec.SECP256R1())
        signer = None if "selfSigned" in issuer else self._read(issuer["ca"]["secretName"])
        certificate = _signed(spec, key, signer)
        authority = signer[0] if signer else certificate
        self._write(spec["secretName"], certificate, key, authority)

    def inject(self, api_service: str) -> None:
        """Writes the caBundle that the APIService's annotation asks for."""
        path = f"{API_SERVICES}/{api_service}"
        namespace, name = self._client.get(path)["metadata"]["annotations"][_INJECT].split("/")
        assert namespace == NAMESPACE
        secret = self._client.get(f"{_PATH}/certificates/{name}")["spec"]["secretName"]
        authority = self._client.get(f"{_SECRETS}/{secret}")["data"]["ca.crt"]
        self._client.patch(path, {"spec": {"caBundle": authority}})

    def _read(self, name: str) -> tuple[x509.Certificate, Key] | None:
        try:
            data = self._client.get(f"{_SECRETS}/{name}")["data"]
        except RefusedError:
            return None
        key = serialization.load_pem_private_key(base64.b64decode(data["tls.key"]), None)
        assert isinstance(key, Key)
        return x509.load_pem_x509_certificate(base64.b64decode(data["tls.crt"])), key

    def _write(self, name: str, certificate: x509.Certificate, key: Key, authority: x509.Certificate) -> None:
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        files = {"tls.crt": certificate.public_bytes(pem), "tls.key": private, "ca.crt": authority.public_bytes(pem)}
        data = {file: base64.b64encode(content).decode() for file, content in files.items()}
        secret: dict[str, Any] = {"metadata": {"name": name}, "type": "kubernetes.io/tls", "data": data}
        try:
            self._client.create(_SECRETS, secret)
        except RefusedError:
            self._client.patch(f"{_SECRETS}/{name}", {"data": data})


def _signed(spec: dict[str, Any], key: Key, signer: tuple[x509.Certificate, Key] | None) -> x509.Certificate:
    common = [x509.NameAttribute(NameOID.COMMON_NAME, spec["commonName"])] if "commonName" in spec else []
    subject = x509.Name(common)
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _HOURS)
        .not_valid_after(now + int(spec["duration"].removesuffix("h")) * _HOURS)
        .add_extension(x509.BasicConstraints(ca=spec.get("isCA", False), path_length=None), critical=True)
    )
    if "dnsNames" in spec:
        assert "server auth" in spec["usages"]
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in spec["dnsNames"]])
        builder = builder.add_extension(names, critical=not common)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signer[1] if signer else key, hashes.SHA256())
