"""The page with which a stranger checks a bundle in a browser, without any network.

``docs/verify.html`` is one file, made by `make` from ``verify.html``, ``verify.css``, the scripts
in ``js`` and `data`: table of fields, limits and words stand in this package once, and the page
carries a copy. Its policy lets it load nothing and run nothing but what was hashed into it.

The scripts follow `certs.verify` module by module. What they say and where they refuse is held to
the vectors and to `certs.verify` itself by ``certs/tests/test_page_verifier.py``; a PDF they never
look at.
"""
