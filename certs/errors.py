"""Everything that this package refuses or fails with, in both languages. Pure."""

from enum import Enum

from certs.text import Text


class Layer(Enum):
    """Where a document was refused, so that a parse bug cannot pass as a bad signature.

    The members stand in the order in which `certs.verify` reaches them.
    """

    BUNDLE = "bundle"
    PDF = "pdf"
    CHAIN = "chain"
    SIGNATURE_ENCODING = "signature-encoding"
    SIGNATURE = "signature"
    CANONICAL_JSON = "canonical-json"
    SCHEMA = "schema"
    BINDING = "binding"
    LOG = "log"
    TIME = "time"
    REVOCATION = "revocation"
    PRACTICE = "practice"


class QrLayer(Enum):
    """Where a QR code was refused; the members stand in the order in which `certs.qr` checks."""

    TEXT = "text"
    CBOR = "cbor"
    COSE = "cose"
    SIGNATURE_ENCODING = "signature-encoding"
    CLAIMS = "claims"
    CHAIN = "chain"
    KEY = "key"
    SIGNATURE = "signature"
    BINDING = "binding"
    PRACTICE = "practice"
    DOCUMENT = "document"


class CertsError(Exception):
    """Base of this package's errors.

    Attributes:
        message: what is wrong, for the person at the screen.
        hint: what to do next.
    """

    def __init__(self, message: Text, hint: Text) -> None:
        super().__init__(message.en)
        self.message = message
        self.hint = hint


class CertificateError(CertsError):
    """A document was refused.

    Attributes:
        layer: the step that noticed it.
    """

    def __init__(self, layer: Layer, message: Text, hint: Text) -> None:
        super().__init__(message, hint)
        self.layer = layer

    def __str__(self) -> str:
        return f"{self.layer.value}: {self.message.en}"


class QrError(CertsError):
    """A QR code was refused.

    Attributes:
        layer: the step that noticed it.
    """

    def __init__(self, layer: QrLayer, message: Text, hint: Text) -> None:
        super().__init__(message, hint)
        self.layer = layer

    def __str__(self) -> str:
        return f"{self.layer.value}: {self.message.en}"


class MalformedCborError(CertsError):
    """Bytes from outside are not the CBOR that we write."""


class MalformedJsonError(CertsError):
    """Bytes from outside are not the canonical JSON that we write."""


class MalformedDerError(CertsError):
    """Bytes from outside are not DER, or not the structure that they should be."""


class MalformedLogError(CertsError):
    """A log's key, note, checkpoint, proof, tile or entry is none, or does not fit."""


class TimestampError(CertsError):
    """A time stamp is none, does not fit, or nobody who may stamp signed it."""


class TimeServiceError(CertsError):
    """A time service cannot be reached, or did not stamp."""


class LogBrokenError(CertsError):
    """A log of our own cannot be written, or is not as it was left; nothing may be issued."""


class WitnessError(CertsError):
    """A witness cannot be reached, or did not sign."""


class WitnessRefusedError(WitnessError):
    """A witness was reached and will not sign: asking again changes nothing."""


class UnencodableValueError(CertsError):
    """A value of our own cannot be written as canonical JSON; the caller has a defect."""


class PdfError(CertsError):
    """No PDF could be made; the signed document itself is not affected."""


class MissingGlyphError(PdfError):
    """The fonts lack characters that stand on the page.

    Attributes:
        characters: all of them.
    """

    def __init__(self, message: Text, hint: Text, characters: frozenset[str]) -> None:
        super().__init__(message, hint)
        self.characters = characters


class KeyStoreError(CertsError):
    """A key file cannot be trusted or used; nothing may be signed."""


class TokenFault(Enum):
    """Why a key in a token cannot be used; `certs.signers.faults` has the words."""

    LIBRARY = "library"
    MODULE = "module"
    USER = "user"
    LOST = "lost"
    SEVERAL = "several"
    PIN_FILE = "pin-file"
    PIN_WRONG = "pin-wrong"
    PIN_REFUSED_BEFORE = "pin-refused-before"
    PIN_LAST_TRY = "pin-last-try"
    PIN_LOCKED = "pin-locked"
    KEY_MISSING = "key-missing"
    KEY_ANOTHER = "key-another"
    KEY_WEAK = "key-weak"
    SILENT = "silent"
    OTHER = "other"


class TokenError(KeyStoreError):
    """A token did not sign; once what it lacks is there, it may.

    Attributes:
        fault: why.
    """

    def __init__(self, fault: TokenFault, message: Text, hint: Text) -> None:
        super().__init__(message, hint)
        self.fault = fault


class KeyRequestError(CertsError):
    """What was asked for cannot be made or issued; whoever asked must change something."""


class PassphraseError(KeyStoreError):
    """The two passphrases do not open the root's key; nothing was signed."""


class ExpiredKeyError(KeyStoreError):
    """The station's certificate is over; nothing may be signed with its key."""


class BundleConflictError(CertsError):
    """Another document already lies under this id; neither may replace the other."""


class PalletError(CertsError):
    """A pallet cannot be listed or scanned as it was asked."""
