"""``wipe-station ticket``: custody from the command line. I/O.

Longer than other rooms, because a command's options and their help are its arguments; what is made
of them stands in ``ticket_requests``, what a command does in ``tickets`` and ``corrections``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from certs.text import Text
from grading.measures import MAX_BYTES as MOST_MEASURES_BYTES
from wipe_station import ticket_requests as given
from wipe_station.clock import SystemClock
from wipe_station.errors import InvalidInputError
from wipe_station.options import DEFAULT_STATE, LANGUAGE, JsonOption, StateOption, handled, say
from wipe_station.ticket_desk import ticket_desk
from wipe_station.ticket_grades import typed_measures
from wipe_station.ticket_show import TicketScreen
from wipe_station.ticket_values import (
    AcceptRequest,
    ConsentRequest,
    CorrectRequest,
    DestroyRequest,
    EventRequest,
    ForgetRequest,
    FreezeRequest,
    GradeRequest,
    PriceRequest,
    ReturnRequest,
    ThawRequest,
    TransferRequest,
    WithdrawRequest,
)

app = typer.Typer(
    help=say(
        "收件、同意、放行、退还：设备在店里的每一步都进日志。",
        "Custody: taken in, agreed, released, returned; each step stands in the log.",
    ),
    no_args_is_help=True,
)

TicketArgument = Annotated[str, typer.Argument(metavar="TICKET", help=say("单号。", "Number."))]
StaffOption = Annotated[
    str,
    typer.Option("--staff", metavar="NUMBER", help=say("经手人工号。", "Your staff number.")),
]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason",
        help=say(
            "原因，一句话；会写进文件，不要写姓名。",
            "Why, in one line. It stands in the document: no names.",
        ),
    ),
]
_UNPRINTED: Final = typer.Option(
    "--reason",
    help=say(
        "原因，一句话；只存在加密的单据里，不要写姓名。",
        "Why, in one line; it stands in the sealed ticket alone. No names.",
    ),
)
PriceOption = Annotated[
    str | None, typer.Option("--price", metavar="199.00", help=say("价格。", "Agreed price."))
]
CurrencyOption = Annotated[
    str, typer.Option("--currency", metavar="CNY", help=say("币种。", "Its currency."))
]


@app.command(help=say("收下一台设备，开单，出收据。", "Take a device in, and sign its receipt."))
def accept(
    description: Annotated[
        str,
        typer.Option(
            "--description",
            help=say("设备看上去是什么；不要写姓名。", "What the device looks like; no names."),
        ),
    ],
    staff: StaffOption,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="DEVICE",
            help=say("插着的设备：抄下它自己报的编号。", "Plugged in: note what it says it is."),
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help=say("种类，如 phone。", "Kind, such as phone or disk.")),
    ] = None,
    identifier: Annotated[
        list[str] | None,
        typer.Option(
            "--identifier",
            metavar="KIND=VALUE",
            help=say("从标签上抄的编号。", "Read off its label, such as imei=…; repeatable."),
        ),
    ] = None,
    alike: Annotated[
        int,
        typer.Option(
            "--alike",
            min=1,
            help=say("同样的设备里的第几台。", "Which one of several that look the same."),
        ),
    ] = 1,
    price: PriceOption = None,
    currency: CurrencyOption = "CNY",
    consent: Annotated[
        str,
        typer.Option(
            "--consent",
            metavar="erase,read,keep-identity",
            help=say("顾客同意什么。", "What the customer agrees to."),
        ),
    ] = "",
    condition: Annotated[
        list[str] | None,
        typer.Option("--condition", help=say("状况，一行一项。", "A line about its state.")),
    ] = None,
    seller_file: Annotated[
        Path | None,
        typer.Option(
            "--seller-file",
            metavar="FILE|-",
            help=say(
                "卖家身份，只存在加密的单据里；- 为标准输入。",
                "Who the seller is; kept in the sealed ticket alone. - reads standard input.",
            ),
        ),
    ] = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Take a device in."""
    screen = TicketScreen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        wanted = given.request(
            AcceptRequest,
            staff=staff,
            description=description,
            kind=kind,
            device=device,
            identifiers=tuple(map(given.identifier, identifier or ())),
            alike=alike,
            price=given.price(price, currency) if price is not None else None,
            consents=given.consents(consent),
            condition=tuple(condition or ()),
            seller=given.seller(seller_file) if seller_file is not None else None,
        )
        with ticket_desk(state, SystemClock()) as desk:
            screen.ticket_end(desk.accept(wanted), state / "bundles")


@app.command(help=say("谈好了价格，或改了价格。", "A price was agreed, or another one."))
def price(
    ticket: TicketArgument,
    amount: Annotated[str, typer.Argument(metavar="199.00", help=say("价格。", "The price."))],
    staff: StaffOption,
    currency: CurrencyOption = "CNY",
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Agree on a price."""

    def asked() -> EventRequest:
        return given.request(PriceRequest, staff=staff, price=given.price(amount, currency))

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(help=say("顾客同意了更多的事。", "The customer agrees to more."))
def consent(
    ticket: TicketArgument,
    to: Annotated[
        str,
        typer.Argument(
            metavar="erase,read,keep-identity", help=say("同意什么。", "What she agrees to.")
        ),
    ],
    staff: StaffOption,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Write consent down."""

    def asked() -> EventRequest:
        return given.request(ConsentRequest, staff=staff, to=given.consents(to))

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(
    help=say(
        "顾客撤回同意；设备只能退还。", "The customer takes consent back; the device must go back."
    )
)
def withdraw(
    ticket: TicketArgument,
    staff: StaffOption,
    reason: ReasonOption = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Take consent back."""

    def asked() -> EventRequest:
        return given.request(WithdrawRequest, staff=staff, reason=reason)

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(
    help=say(
        "暂停办理：设备等店长处理，不能清除、放行。",
        "Put a device on hold for the supervisor: it is neither erased nor released.",
    )
)
def freeze(
    ticket: TicketArgument,
    staff: StaffOption,
    reason: Annotated[str | None, _UNPRINTED] = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Put the device on hold."""

    def asked() -> EventRequest:
        return given.request(FreezeRequest, staff=staff, reason=reason)

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(
    help=say(
        "店长恢复办理：查清楚了，可以接着办。",
        "The supervisor takes a device off hold: it was cleared up.",
    )
)
def thaw(
    ticket: TicketArgument,
    staff: StaffOption,
    reason: Annotated[str, _UNPRINTED],
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Take the device off hold."""

    def asked() -> EventRequest:
        return given.request(ThawRequest, staff=staff, reason=reason)

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(name="return", help=say("设备退还顾客。", "The device goes back to the customer."))
def give_back(
    ticket: TicketArgument,
    staff: StaffOption,
    reason: ReasonOption = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Give the device back."""

    def asked() -> EventRequest:
        return given.request(ReturnRequest, staff=staff, reason=reason)

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(help=say("设备已销毁，有人见证。", "The device was destroyed, and somebody saw it."))
def destroy(
    ticket: TicketArgument,
    method: Annotated[str, typer.Option("--method", help=say("怎么销毁的。", "How."))],
    witness: Annotated[
        str,
        typer.Option(
            "--witness",
            metavar="NUMBER",
            help=say(
                "见证人工号，不能是经手人。", "Staff number of who saw it; another than yours."
            ),
        ),
    ],
    processor: Annotated[
        str, typer.Option("--processor", help=say("处理企业。", "The company that did it."))
    ],
    staff: StaffOption,
    licence: Annotated[
        str | None, typer.Option("--licence", help=say("许可证号。", "Number of its licence."))
    ] = None,
    reason: ReasonOption = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Destroy the device."""

    def asked() -> EventRequest:
        return given.request(
            DestroyRequest,
            staff=staff,
            method=method,
            witness=witness,
            processor=processor,
            licence=licence,
            reason=reason,
        )

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(help=say("设备转交另一家公司。", "The device goes to another company."))
def transfer(
    ticket: TicketArgument,
    recipient: Annotated[
        str, typer.Option("--recipient", help=say("接收的公司。", "The company that takes it."))
    ],
    staff: StaffOption,
    reason: ReasonOption = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Hand the device on."""

    def asked() -> EventRequest:
        return given.request(TransferRequest, staff=staff, recipient=recipient, reason=reason)

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(
    help=say(
        "评级，出评级报告：清除以前是暂定的，清除以后用清除时测到的。",
        "Grade the device and sign a report: provisional before its erasure; after it, by what it"
        " measured.",
    )
)
def grade(
    ticket: TicketArgument,
    staff: StaffOption,
    measures: Annotated[
        Path | None,
        typer.Option(
            "--measures",
            metavar="FILE|-",
            help=say(
                "自己测的，JSON，和 wipe-grade 的一样；- 为标准输入。",
                "What you measured: JSON as wipe-grade reads it. - reads standard input.",
            ),
        ),
    ] = None,
    ruleset: Annotated[
        str | None,
        typer.Option("--ruleset", metavar="NAME", help=say("评级规则。", "Rules to grade by.")),
    ] = None,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Grade the device."""

    def asked() -> EventRequest:
        typed = (
            {} if measures is None else typed_measures(given.content(measures, MOST_MEASURES_BYTES))
        )
        return given.request(GradeRequest, staff=staff, measures=typed, ruleset=ruleset)

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(
    help=say(
        "收下第三方评估人对这张单据的文件的会签；本机只核对、记日志，不代签。",
        "Take in what a third-party assessor signed about a document of this ticket; the station"
        " checks and logs it, and signs nothing in his place.",
    )
)
def countersign(
    ticket: TicketArgument,
    document: Annotated[
        Path,
        typer.Argument(
            metavar="DOCUMENT",
            help=say("会签：文件夹或 zip。", "Its folder, or .zip."),
        ),
    ],
    assessor_root: Annotated[
        Path,
        typer.Option(
            "--assessor-root",
            metavar="ROOT.pem",
            help=say(
                "评估人的根证书；要从别的渠道得到。",
                "The root of assessors; it must have reached you by another way.",
            ),
        ),
    ],
    staff: StaffOption,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Take a countersignature in."""

    def asked() -> EventRequest:
        return given.countersign(staff, document, assessor_root)

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(
    help=say(
        "放行：凭本机签发的清除证明，设备可以出售。",
        "Release for sale, by this station's own certificate of its erasure and by nothing else.",
    )
)
def release(
    ticket: TicketArgument,
    certificate: Annotated[
        Path,
        typer.Option(
            "--certificate",
            metavar="BUNDLE",
            help=say("清除证明：文件夹，或它的编号。", "The certificate's folder, or its id."),
        ),
    ],
    staff: StaffOption,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Release the device."""

    def asked() -> EventRequest:
        return given.release(staff, certificate, state / "bundles")

    _happen(ticket, asked, state, json_lines=json_lines)


@app.command(
    help=say(
        "删除顾客资料和随机数；设备离店以后才行。",
        "Delete who she is, what the device was, and all salts; once the device is gone.",
    )
)
def forget(
    ticket: TicketArgument,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Delete personal data."""
    _happen(ticket, ForgetRequest, state, json_lines=json_lines)


@app.command(
    help=say(
        "更正本机签发的一份文件，或宣布它作废；原件不改。",
        "Correct a document of this station, or void it; the document itself stays as it is.",
    )
)
def correct(
    document: Annotated[
        Path,
        typer.Argument(
            metavar="DOCUMENT", help=say("文件夹，或它的编号。", "Its folder, or its id.")
        ),
    ],
    staff: StaffOption,
    reason: Annotated[
        str, typer.Option("--reason", help=say("为什么；不要写姓名。", "Why; no names."))
    ],
    field: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="PATH=RIGHT",
            help=say("哪个字段，正确的是什么。", "Which field, and what is right; repeatable."),
        ),
    ] = None,
    void: Annotated[
        bool, typer.Option("--void", help=say("整份作废。", "All of it is void."))
    ] = False,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Correct a document."""
    screen = TicketScreen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        if void == bool(field):
            raise InvalidInputError(
                Text(zh="更正什么？", en="What is to be corrected?"),
                hint=Text(zh="给出 --field，或者 --void。", en="Give --field, or --void."),
            )
        wanted = given.request(
            CorrectRequest,
            document=document.name,
            staff=staff,
            reason=reason,
            corrected=tuple(map(given.right, field or ())),
        )
        with ticket_desk(state, SystemClock()) as desk:
            screen.correction_end(desk.correct(wanted), state / "bundles")


@app.command(name="list", help=say("列出还在店里的设备。", "List the devices that are here."))
def list_tickets(
    everything: Annotated[
        bool, typer.Option("--all", help=say("也列出已结束的。", "Also those that are over."))
    ] = False,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """List tickets."""
    screen = TicketScreen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        with ticket_desk(state, SystemClock()) as desk:
            found = desk.all().tickets
        shown = [each for each in found if everything or each.open]
        for each in shown:
            screen.ticket_line(each)
        if not shown:
            screen.no_tickets()


@app.command(help=say("看一张单据。", "Show one ticket."))
def show(
    ticket: TicketArgument,
    seller: Annotated[
        bool,
        typer.Option("--seller", help=say("只显示卖家身份。", "Show who the seller is, instead.")),
    ] = False,
    state: StateOption = DEFAULT_STATE,
    json_lines: JsonOption = False,
) -> None:
    """Show a ticket."""
    screen = TicketScreen(LANGUAGE, json_lines=json_lines)
    with handled(screen), ticket_desk(state, SystemClock()) as desk:
        if seller:
            screen.seller(desk.seller(ticket).seller)
        else:
            screen.ticket(desk.ticket(ticket))


def _happen(
    ticket: str, asked: Callable[[], EventRequest], state: Path, *, json_lines: bool
) -> None:
    screen = TicketScreen(LANGUAGE, json_lines=json_lines)
    with handled(screen):
        request = asked()
        with ticket_desk(state, SystemClock()) as desk:
            screen.ticket_end(desk.happen(ticket, request), state / "bundles")
