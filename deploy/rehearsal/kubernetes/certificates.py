"""An authority of one rehearsal, and the certificates of its servers and clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(hours=12)
USES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])


@dataclass(frozen=True)
class Identity:
    """A folder with `ca.crt`, `tls.crt` and `tls.key`, as a Secret of the kind has them."""

    folder: Path

    @property
    def authority(self) -> Path:
        """Whom it trusts."""
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        """What it shows."""
        return self.folder / "tls.crt"

    @property
    def key(self) -> Path:
        """What it proves that with; it also signs the tokens of service accounts."""
        return self.folder / "tls.key"


class Authority:
    """One that exists as long as this object: its key is on no disk."""

    def __init__(self, folder: Path) -> None:
        """Certificates are made in folders of this one."""
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rehearsal")])
        rules = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = self._signed(self._name, self._key, [(rules, True)])

    def identity(self, name: str, group: str = "", addresses: Sequence[str] = ()) -> Identity:
        """For a client called `name` in `group`, or a server at 127.0.0.1 and these other names."""
        made = Identity(self._folder / name)
        made.folder.mkdir(parents=True)
        key = ec.generate_private_key(ec.SECP256R1())
        called = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        called += [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
        served = [x509.IPAddress(ip_address("127.0.0.1")), *(x509.DNSName(each) for each in ("localhost", *addresses))]
        extensions = [(USES, False), (x509.SubjectAlternativeName(served), False)]
        signed = self._signed(x509.Name(called), key, extensions)
        made.authority.write_bytes(self._certificate.public_bytes(Encoding.PEM))
        made.certificate.write_bytes(signed.public_bytes(Encoding.PEM))
        made.key.touch(0o600)
        made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extensions: Sequence[tuple[x509.ExtensionType, bool]]
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + VALID)
        for extension, critical in extensions:
            made = made.add_extension(extension, critical=critical)
        return made.sign(self._key, hashes.SHA256())
