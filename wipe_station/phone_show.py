"""What ``wipe-station phones`` prints for people: phones and their jobs, line by line. Pure."""

from collections.abc import Iterator
from typing import Final

from certs.text import Text
from wipe_station.api_values import GradeView, Words
from wipe_station.board_values import BoardView
from wipe_station.phone_values import PhoneJobView, PhoneStage, PhoneView
from wipe_station.views import text_of

_STAGES: Final = {
    PhoneStage.NAMED: Text(zh="只认出来", en="named only"),
    PhoneStage.READING: Text(zh="正在读", en="being read"),
    PhoneStage.CLOSED: Text(zh="还不让读", en="lets nobody read it yet"),
    PhoneStage.READ: Text(zh="读好了，还不能清除", en="read; may not be erased yet"),
    PhoneStage.READY: Text(zh="可以清除", en="ready"),
}
_NOTHING: Final = Text(zh="没有插着手机，也没有手机的任务。", en="No phone, and no job of one.")


def phone_lines(board: BoardView) -> list[Text]:
    """Return phones without a job, then the jobs, each with what is wanted next."""
    waiting = [each for each in board.phones if each.job_id is None]
    shown = [line for each in waiting for line in _phone(each)]
    shown += [line for each in board.phone_jobs for line in _job(each)]
    return shown or [_NOTHING]


def _phone(phone: PhoneView) -> Iterator[Text]:
    stage, what = _STAGES[phone.stage], phone.product
    title = text_of(phone.title)
    yield Text(
        zh=_joined(_place(phone.port, phone.bay).zh, what or title.zh, stage.zh, phone.ticket),
        en=_joined(_place(phone.port, phone.bay).en, what or title.en, stage.en, phone.ticket),
    )
    yield from _marked("!", phone.hot)
    yield from _marked("→", phone.said)
    for gate in phone.gates:
        yield from _marked("✗", gate.text)
    if phone.grade is not None:
        yield from _graded(phone.grade, Text(zh="暂定，清除以前", en="provisional"))
    for fact in phone.ungraded:
        label, how = text_of(fact.label), fact.how
        yield Text(
            zh=f"    ? {label.zh}" + ("" if how is None else f"：{how.zh}"),
            en=f"    ? {label.en}" + ("" if how is None else f": {how.en}"),
        )


def _job(job: PhoneJobView) -> Iterator[Text]:
    title, place = text_of(job.title), _place(job.port, job.bay)
    over = _under_way(*job.resets) if job.outcome_text is None else text_of(job.outcome_text)
    rest = (job.serial, job.ticket, job.job_id)
    yield Text(
        zh=_joined(place.zh, title.zh, over.zh, *rest),
        en=_joined(place.en, title.en, over.en, *rest),
    )
    yield from _marked("!", job.hot)
    yield from _marked("→", job.said)
    if job.waits_s is not None:
        most = "" if job.gives_up_s is None else f" / {job.gives_up_s} s"
        yield Text(zh=f"    等了 {job.waits_s} s{most}", en=f"    waits {job.waits_s} s{most}")
    for against in job.against:
        yield from _marked("✗", against)
    for seen in job.seen:
        yield from _marked("✓", seen)
    if job.grade is not None:
        yield from _graded(job.grade, None)


def _under_way(number: int, count: int) -> Text:
    if count == 1:
        return Text(zh="正在清除", en="being erased")
    return Text(
        zh=f"正在清除，第 {number} 次重置，共 {count} 次",
        en=f"being erased, reset {number} of {count}",
    )


def _place(port: str, bay: str | None) -> Text:
    if bay is None:
        return Text(zh=f"USB 口 {port}", en=f"USB port {port}")
    return Text(zh=f"{bay} 号口（{port}）", en=f"Bay {bay} ({port})")


def _joined(*parts: str | None) -> str:
    return "  ".join(part for part in parts if part)


def _marked(mark: str, said: Words | None) -> Iterator[Text]:
    if said is not None:
        yield Text(zh=f"    {mark} {said.zh}", en=f"    {mark} {said.en}")


def _graded(grade: GradeView, marked: Text | None) -> Iterator[Text]:
    """Return each axis with its grade, and a line for each reason."""
    for axis in grade.axes:
        zh, en = ("", "") if marked is None else (f"（{marked.zh}）", f" ({marked.en})")
        worse = bool(axis.unknown) and axis.grade == "caution"
        zh_or, en_or = ("，可能更差", ", or worse") if worse else ("", "")
        yield Text(
            zh=f"    {axis.title.zh}{zh}：{axis.grade_title.zh}{zh_or}",
            en=f"    {axis.title.en}{en}: {axis.grade_title.en}{en_or}",
        )
        for each in axis.deductions:
            measured = f"{each.measure} = {each.measured}; {each.threshold}"
            yield Text(
                zh=f"      {each.title.zh}（{measured}）", en=f"      {each.title.en} ({measured})"
            )
