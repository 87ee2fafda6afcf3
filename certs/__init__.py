"""Signed statements about sanitized devices, and how a stranger checks them.

Stands alone: it imports the standard library, ``cryptography`` and ``rfc8785``, nothing of the
station. A recycler installs the distribution without extras and has ``wipe-cert``, which checks
PDFs too; only making a PDF (`certs.pdf`) needs the extra ``pdf``.

To issue::

    keys = ensure_practice_keys(state / "keys", now)             # certs.keys
    folder = write_bundle(state / "bundles", statement, keys.signer)  # certs.bundle

To check::

    bundle = read_bundle(folder)                                 # certs.bundle
    verdict = verify(bundle, root_pem=root, allow_practice=False, now=now)  # certs.verify

The code on a page is checked alone, or against its bundle::

    qr = parse_qr(text)                                          # certs.qr
    chain = check_qr(qr, chain_pem, root_pem=root, allow_practice=False, now=now)

A refusal is a `certs.errors.CertificateError`, of a code a `QrError`; its `layer` says which
numbered step of `certs.verify` or `certs.qr` noticed. A verdict is green only if its status is
ERASED: genuine notices, and documents whose root the caller does not know, are accepted with
another status. A code alone is never green.

Who decides what: `layout` (file names, limits), `chain` (certificates), `der` (the signature's
one spelling), `canonical` (the JSON's one spelling; the station's journal uses it too), `formats`
(what a statement may say), `verdict` (words); of codes `qr`, `qr_claims` and `cbor`. They are
pure. `bundle`, `durable`, `reading` and `keys` touch files; `cli` reads the clock. The vectors in
``vectors/certificate`` and ``vectors/qr`` are the test cases of this package and of anybody
else's verifier.
"""
