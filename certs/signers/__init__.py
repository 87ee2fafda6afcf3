"""Key stores other than a file of our own, each behind `certs.keys.Signer`.

A token (smart card, HSM, TPM) that speaks PKCS#11: `reference` says which key is meant (pure),
`pin` fetches what opens it, `token` talks to `token_child`, the one process that ever loads the
token's module, and turns its answers into signatures and errors (decision 021).
"""
