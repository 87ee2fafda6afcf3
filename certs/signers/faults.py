"""What a token can refuse, in words for whoever stands before it. Pure."""

from typing import Final

from certs.errors import TokenError, TokenFault
from certs.text import Text

_ENGINEER: Final = Text(
    zh="先停下，不要签发。请维护人员检查。", en="Stop: sign nothing. Let an engineer look."
)
_BY_HAND: Final = Text(
    zh="改好 PIN 文件，再用 wipe-cert keys show 试一次；在那以前工作站不会再试。",
    en="Mend the PIN's file, then try once with wipe-cert keys show; until then the station does"
    " not try again.",
)
_WORDS: Final[dict[TokenFault, tuple[Text, Text]]] = {
    TokenFault.LIBRARY: (
        Text(zh="没有安装 python-pkcs11", en="python-pkcs11 is not installed"),
        Text(zh="安装 wipe-station[pkcs11]。", en="Install wipe-station[pkcs11]."),
    ),
    TokenFault.MODULE: (
        Text(zh="PKCS#11 模块装不上", en="its PKCS#11 module cannot be loaded"),
        Text(
            zh="核对模块的路径：要属于 root，别人不能改，而且能在这台机器上运行。",
            en="Check the module's path: root's, nobody else may change it, made for this machine.",
        ),
    ),
    TokenFault.USER: (
        Text(zh="没有运行模块的那个账户", en="the account that its module runs under is missing"),
        _ENGINEER,
    ),
    TokenFault.LOST: (
        Text(zh="找不到令牌", en="the token is not there"),
        Text(
            zh="把令牌插回去，再试一次。找不回来就作废这把密钥，换一把。",
            en="Put the token back and try again. If it is lost, revoke its key and renew.",
        ),
    ),
    TokenFault.SEVERAL: (
        Text(zh="有几个同名的令牌", en="several tokens have that label"),
        Text(zh="只插一个，或换一个名称。", en="Leave one of them in, or rename one."),
    ),
    TokenFault.PIN_FILE: (
        Text(zh="读不到 PIN", en="its PIN cannot be read"),
        Text(
            zh="PIN 文件只能让本用户读（0600），一行文字；systemd 凭据要在这个服务里声明。",
            en="The PIN's file must be its owner's alone (0600), one line; a systemd credential"
            " must be declared for this service.",
        ),
    ),
    TokenFault.PIN_WRONG: (
        Text(zh="令牌不认这个 PIN；只试了一次", en="the token refuses the PIN; it was tried once"),
        _BY_HAND,
    ),
    TokenFault.PIN_REFUSED_BEFORE: (
        Text(
            zh="上次的 PIN 不对，没有再试，免得锁住令牌",
            en="its PIN was refused before; not tried again, because that locks tokens",
        ),
        _BY_HAND,
    ),
    TokenFault.PIN_LAST_TRY: (
        Text(
            zh="PIN 只剩最后一次机会，没有试",
            en="one wrong PIN more would lock the token; it was not tried",
        ),
        Text(
            zh="用令牌自己的工具，人工输一次正确的 PIN。",
            en="Enter the right PIN by hand, with the token's own tool.",
        ),
    ),
    TokenFault.PIN_LOCKED: (
        Text(zh="PIN 锁住了", en="its PIN is locked"),
        Text(
            zh="用令牌自己的工具和管理员 PIN（SO PIN）解锁。",
            en="Unlock it with the token's own tool and the officer's PIN (SO PIN).",
        ),
    ),
    TokenFault.KEY_MISSING: (
        Text(zh="令牌里没有这把密钥", en="the key is not in the token"),
        Text(
            zh="令牌可能被重新初始化了。作废这把密钥，换一把。",
            en="The token may have been initialised anew. Revoke the key and renew.",
        ),
    ),
    TokenFault.KEY_ANOTHER: (
        Text(zh="这个名称下是另一把密钥", en="another key is under that label"),
        _ENGINEER,
    ),
    TokenFault.KEY_WEAK: (
        Text(
            zh="令牌做出的密钥可以取出来，或用途不对；没有采用",
            en="the token made a key that can be taken out of it, or is not what was asked for;"
            " it is not used",
        ),
        Text(zh="换一种令牌。", en="Use another kind of token."),
    ),
    TokenFault.SILENT: (
        Text(zh="令牌的程序出错或没有回答", en="its process failed or did not answer"),
        Text(
            zh="拔出令牌再插上，再试一次；一直这样就请维护人员看日志。",
            en="Take the token out and put it back, then try again; if it stays so, let an"
            " engineer read the journal.",
        ),
    ),
    TokenFault.OTHER: (
        Text(zh="令牌拒绝了", en="the token refused"),
        Text(
            zh="再试一次；一直这样就请维护人员看。",
            en="Try again; if it stays so, let an engineer look.",
        ),
    ),
}
assert _WORDS.keys() == set(TokenFault), "each fault has its words"


def token_error(fault: TokenFault, detail: str = "") -> TokenError:
    """Return the error for a fault.

    Args:
        fault: what was refused.
        detail: a word of the token's own, such as a PKCS#11 return value; never a secret.
    """
    what, hint = _WORDS[fault]
    more_zh, more_en = (f"（{detail}）", f" ({detail})") if detail else ("", "")
    message = Text(
        zh=f"令牌里的签名密钥用不了：{what.zh}{more_zh}。",
        en=f"The signing key in the token cannot be used: {what.en}{more_en}.",
    )
    return TokenError(fault, message, hint)
