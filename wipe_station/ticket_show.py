"""What ``wipe-station ticket`` prints: for people, or JSON lines for programs. I/O."""

from pathlib import Path

from certs.text import Text
from wipe_station.custody import Custody
from wipe_station.money import amount_text
from wipe_station.phones.routes import GATES, Gate
from wipe_station.show import Screen
from wipe_station.ticket_values import CorrectionEnd, TicketEnd, TicketView
from wipe_station.views import text_of

_WHAT = {
    "custody-accepted": Text(zh="收件", en="taken in"),
    "price-agreed": Text(zh="谈好价格", en="price agreed"),
    "consent": Text(zh="顾客同意", en="consent"),
    "consent-withdrawn": Text(zh="顾客撤回同意", en="consent withdrawn"),
    "frozen": Text(zh="暂停办理", en="put on hold"),
    "thawed": Text(zh="店长恢复办理", en="taken off hold by the supervisor"),
    "grade": Text(zh="评级", en="graded"),
    "countersignature": Text(zh="评估人会签", en="countersigned"),
    "release": Text(zh="放行", en="released"),
    "return": Text(zh="退还", en="returned"),
    "destruction": Text(zh="销毁", en="destroyed"),
    "transfer": Text(zh="转交", en="transferred"),
    "data-deleted": Text(zh="删除资料", en="data deleted"),
}


class TicketScreen(Screen):
    """One run's output about tickets."""

    def ticket_end(self, end: TicketEnd, bundles: Path) -> None:
        """Show what came of a request, and where its document is."""
        document = None if end.document is None else bundles / end.document
        if self._json_lines:
            self._line(
                "ticket",
                **end.ticket.model_dump(mode="json"),
                document=None if document is None else str(document),
                repeated=end.repeated,
                no_pdf=end.no_pdf.model_dump() if end.no_pdf else None,
            )
            return
        if end.repeated:
            self._say_line("这件事已经办过，没有再记一次。", "This had happened before; not again.")
        self.ticket(end.ticket)
        if end.ticket.custody == Custody.FROZEN.value:
            self._print(self._say(GATES[Gate.BLOCKED]))
        if document is not None:
            self._say_line(f"文件：{document}", f"Bundle: {document}")
        if end.no_pdf is not None:
            self._print(self._say(text_of(end.no_pdf)))

    def correction_end(self, end: CorrectionEnd, bundles: Path) -> None:
        """Show where a correction is."""
        bundle = bundles / end.document
        if self._json_lines:
            no_pdf = end.no_pdf.model_dump() if end.no_pdf else None
            self._line("correction", document=str(bundle), repeated=end.repeated, no_pdf=no_pdf)
            return
        if end.repeated:
            self._say_line("这件事已经办过，没有再记一次。", "This had happened before; not again.")
        self._say_line(f"文件：{bundle}", f"Bundle: {bundle}")
        if end.no_pdf is not None:
            self._print(self._say(text_of(end.no_pdf)))

    def ticket(self, ticket: TicketView) -> None:
        """Show one ticket."""
        if self._json_lines:
            self._line("ticket", **ticket.model_dump(mode="json"))
            return
        self.ticket_line(ticket)
        for each in ticket.identifiers:
            self._print(f"    {each.kind} {each.value} ({each.source})")
        if ticket.price is not None:
            said = amount_text(
                ticket.price.minor_units, ticket.price.decimals, ticket.price.currency
            )
            self._say_line(f"    价格：{said}", f"    price: {said}")
        if ticket.consents:
            agreed = ", ".join(ticket.consents)
            self._say_line(f"    同意：{agreed}", f"    consents: {agreed}")
        for event in ticket.events:
            what = self._say(_WHAT[event.kind])
            document = f"  {event.document}" if event.document else ""
            self._print(f"    {event.at}  {what}  #{event.index}{document}")

    def ticket_line(self, ticket: TicketView) -> None:
        """Show a ticket in one line."""
        if self._json_lines:
            self.ticket(ticket)
            return
        deleted = self._say(Text(zh="（资料已删除）", en="(data deleted)"))
        title = self._say(text_of(ticket.custody_title))
        self._print(f"{ticket.number}  {title}  {ticket.description or deleted}")

    def no_tickets(self) -> None:
        """Say that there is none to show."""
        if not self._json_lines:
            self._say_line("没有单据。", "No ticket.")

    def seller(self, seller: str) -> None:
        """Show who the customer is."""
        if self._json_lines:
            self._line("seller", seller=seller)
        else:
            self._print(seller)

    def _say_line(self, zh: str, en: str) -> None:
        self._print(self._say(Text(zh=zh, en=en)))
