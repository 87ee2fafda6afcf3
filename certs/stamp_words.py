"""What time services say of a document, in words. Pure."""

from certs.pdf.stamps import About, PdfStamp
from certs.text import Text
from certs.timestamp import Stamp

_ABOUT = {
    About.SIGNATURE: Text(zh="PDF 的签名", en="The PDF's signature"),
    About.ARCHIVE: Text(zh="整个 PDF（存档时间戳）", en="The whole PDF (archive stamp)"),
}


def stamp_line(stamp: Stamp | None) -> tuple[Text, ...]:
    """Return what to tell of the document's own stamp."""
    if stamp is None:
        return ()
    at, name = _time(stamp), stamp.service
    if stamp.vouched:
        return (
            Text(
                zh=f"最晚在 {at} 就已经有了：时间服务 {name} 这样说（策略 {stamp.policy}）。",
                en=f"It existed before {at}, says {name} (policy {stamp.policy}).",
            ),
        )
    return (
        Text(
            zh=f"附有时间戳 {at}，出自不认识的时间服务 {name}，不算数（见 --tsa-root）。",
            en=f"Stamped {at} by an unknown time service, {name}: it does not count"
            " (see --tsa-root).",
        ),
    )


def pdf_stamp_lines(stamps: tuple[PdfStamp, ...]) -> tuple[Text, ...]:
    """Return what to tell of the stamps in the document's PDF: what was checked, and by whom."""
    return tuple(map(_pdf_stamp_line, stamps))


def _pdf_stamp_line(found: PdfStamp) -> Text:
    what, at, name = _ABOUT[found.about], _time(found.stamp), found.stamp.service
    if found.stamp.vouched:
        return Text(
            zh=f"{what.zh}最晚在 {at} 就已经有了：时间服务 {name} 这样说"
            "（按您给的 --tsa-root 核对过）。",
            en=f"{what.en} existed before {at}, says {name} (checked by your --tsa-root).",
        )
    if found.asked:
        return Text(
            zh=f"{what.zh}附有时间戳 {at}，出自 {name}，不是您给的 --tsa-root 认得的，不算数。",
            en=f"{what.en}: stamped {at} by {name}, whom your --tsa-root does not vouch for: it"
            " does not count.",
        )
    return Text(
        zh=f"{what.zh}附有时间戳 {at}，自称出自 {name}；是谁做的没有核对（没有给 --tsa-root）。",
        en=f"{what.en}: stamped {at}, it says by {name}; by whom was not checked (no --tsa-root).",
    )


def _time(stamp: Stamp) -> str:
    return f"{stamp.at:%Y-%m-%dT%H:%M:%SZ}"
