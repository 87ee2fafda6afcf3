"""What a manager must hear of a station's certificate before it ends. Pure."""

from datetime import datetime, timedelta
from typing import Final

from certs.chain import SigningChain
from certs.text import Text

WARNED_BEFORE: Final = timedelta(days=30)
RENEW: Final = Text(
    zh="在工作站上运行 wipe-cert keys renew，把新的申请交给根证书的两位保管人。",
    en="Run wipe-cert keys renew on the station and take the request to the root's two keepers.",
)


def expiry_notice(chain: SigningChain, now: datetime) -> Text | None:
    """Return what to say, and what to do next; None while nothing is to be done.

    Args:
        chain: of the key that signs; it ends with the first of its certificates, the root's too.
        now: aware.
    """
    ends = chain.not_after.strftime("%Y-%m-%d")
    if now < chain.not_before:
        return Text(
            zh="本机的时钟比工作站的证书还早，不能签发正式证明。请校准时钟。",
            en="The clock is before the station's certificate begins: nothing that counts is"
            " signed. Set the clock right.",
        )
    if now > chain.not_after:
        return Text(
            zh=f"工作站的证书 {ends} 到期了，不能签发正式证明。{RENEW.zh}",
            en=f"The station's certificate ended on {ends}: nothing that counts is signed."
            f" {RENEW.en}",
        )
    days = (chain.not_after - now).days
    if chain.not_after - now > WARNED_BEFORE:
        return None
    return Text(
        zh=f"工作站的证书还有 {days} 天（到 {ends}）。{RENEW.zh}",
        en=f"The station's certificate ends in {days} days ({ends}). {RENEW.en}",
    )
