"""The PDF of a bundle: some modules check one, the rest makes one. Pure.

To check needs the base only and is a part of `certs.verify`: every byte of the file but the
signature's own digits is signed (`container`), those digits have one spelling (`cms`), behind them
stands nothing but an archive's revision (`archive`), time stamps are sound (`stamps`), and the
attached files are the bundle's. To make needs the extra ``pdf``::

    bundle = add_pdf(bundle, signer)               # certs.pdf.make, the numbered plan
    sticker = label_pdf(bundle)                    # certs.pdf.label, and strip_pdf

`page` and `words` say what stands on the page, `symbol` draws its code, ``certificate.typ`` and
``label.typ`` say where; `render` runs typst in `render_child`, which is nobody and sees neither
keys nor files; `sign` lets pyHanko embed the station's signature.
"""
