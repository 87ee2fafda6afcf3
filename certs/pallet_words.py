"""What the pallet commands say, in both languages, as reports that `report` prints."""

from typing import Final

from certs.command_line import ExitCode
from certs.errors import CertsError
from certs.formats.fields import shown
from certs.formats.pallet_receipt_v1 import REASONS, Found
from certs.pallet import Answer, Pallet, Scan
from certs.pallet_documents import Documents
from certs.report import Report, both
from certs.short_code import grouped
from certs.text import Text

ANSWERS: Final = {
    Answer.MATCHED: Text(zh="✓ 符合", en="✓ MATCHED"),
    Answer.NOT_ERASED: Text(zh="✗ 没有清除", en="✗ NOT ERASED"),
    Answer.UNEXPECTED: Text(zh="✗ 清单上没有", en="✗ UNEXPECTED"),
    Answer.DUPLICATE: Text(zh="! 重复", en="! DUPLICATE"),
    Answer.DAMAGED: Text(zh="? 读不出", en="? NOT READ"),
}
ADVICE: Final = {
    Answer.UNEXPECTED: Text(zh="请放到一边。", en="Put it aside."),
    Answer.DUPLICATE: Text(
        zh="同一台扫了两次就输入 undo；是两台设备就放到一边。",
        en="If the same device was scanned twice, type undo; if there are two devices, put both"
        " aside.",
    ),
    Answer.DAMAGED: Text(
        zh="请再扫一次，或者照标签输入短码。", en="Scan again, or type the code as it is printed."
    ),
}
NAMES_ONLY: Final = Text(
    zh="标签只说明是哪份文件，谁都能印：请和设备核对型号、序列号。",
    en="A label only names a document, and anybody can print one: compare model and serial with"
    " the device.",
)
NOTHING_TO_UNDO: Final = Text(zh="没有可以撤销的。", en="There is nothing to take back.")
STOPPED: Final = Text(
    zh="停了。扫过的都存好了，再运行同一条命令就接着扫。",
    en="Stopped. What was scanned is kept: repeat the command to go on.",
)
CLOSED: Final = Text(
    zh="这个托盘已经验收完。要重新扫，请用 --session 换一个文件。",
    en="This pallet was finished. To scan it anew, name another file with --session.",
)
ALL_MATCHED: Final = Text(zh="全部符合。", en="All of it matched.")
NOT_ALL: Final = Text(zh="没有全部符合。", en="Not all of it matched.")


def answer_text(pallet: Pallet, documents: Documents, scan: Scan) -> Text:
    """Return what is said of one scan; of a match, what to compare with the device."""
    code = "" if scan.code is None else f" {grouped(scan.code)}"
    listed = None if scan.code is None else pallet.listed.get(scan.code)
    if scan.answer is Answer.NOT_ERASED and listed is not None and listed.why is not None:
        more = REASONS[listed.why]
        said = Text(zh=f"{more.zh}。请放到一边。", en=f"{more.en}. Put it aside.")
    elif scan.answer is Answer.MATCHED and listed is not None:
        said = documents.compare[listed.document_sha256]
    else:
        said = ADVICE[scan.answer]
    head = ANSWERS[scan.answer]
    about = "" if listed is None else f" · {listed.document}"
    ticket = "" if listed is None or listed.ticket is None else f" · {shown(listed.ticket)}"
    return Text(
        zh=f"{head.zh}{code}{about}{ticket}：{said.zh}",
        en=f"{head.en}{code}{about}{ticket}: {said.en}",
    )


def taken_back(scan: Scan) -> Text:
    """Return that a scan was taken back."""
    name = shown(scan.text) if scan.code is None else grouped(scan.code)
    return Text(zh=f"撤销了 {name}。", en=f"Took back {name}.")


def beginning(pallet: Pallet, documents: Documents, scanned: int) -> list[Text]:
    """Return what is said before the first scan."""
    listed, number = len(pallet.listed), shown(pallet.number)
    here = sum(each.why is None for each in pallet.listed.values())
    lines = [
        Text(
            zh=f"托盘 {number}：清单上 {listed} 台，其中 {here} 台的证明在这里，证明已清除。",
            en=f"Pallet {number}: {listed} listed; of {here} a certificate of erasure is here.",
        )
    ]
    for each in documents.refused:
        name, layer = shown(each.name), each.error.layer.value
        message = each.error.message
        lines.append(
            Text(zh=f"✗ {name}（{layer}）：{message.zh}", en=f"✗ {name} ({layer}): {message.en}")
        )
    if scanned:
        lines.append(
            Text(zh=f"接着扫，已经扫了 {scanned} 次。", en=f"Going on after {scanned} scans.")
        )
    return [*lines, NAMES_ONLY]


def summary_lines(what: Found, *, whole: bool) -> list[Text]:
    """Return what was found: each list with its codes, and what it comes to."""
    lists = (
        (Text(zh="符合", en="matched"), what.matched, False),
        (Text(zh="没有扫到", en="missing"), what.missing, True),
        (Text(zh="不能当作已清除", en="not erased"), list(what.not_erased), True),
        (Text(zh="清单上没有", en="unexpected"), what.unexpected, True),
        (Text(zh="重复", en="duplicate"), what.duplicate, True),
    )
    lines = []
    for name, codes, shows in lists:
        named = ", ".join(grouped(code) for code in codes) if shows and codes else ""
        tail = (f"：{named}", f": {named}") if named else ("", "")
        lines.append(
            Text(zh=f"{name.zh} {len(codes)}{tail[0]}", en=f"{name.en} {len(codes)}{tail[1]}")
        )
    return [*lines, ALL_MATCHED if whole else NOT_ALL]


def refusal(exit_code: ExitCode, status: str, error: CertsError) -> Report:
    """Return that nothing was done, and why."""
    machine: dict[str, object] = {
        "status": status,
        "exit_code": int(exit_code),
        "message": both(error.message),
        "hint": both(error.hint),
    }
    return Report(exit_code=exit_code, lines=(error.message, error.hint), machine=machine)
