"""What the page says beside the verdict. Pure."""

from certs.text import Text

WORDS = {
    "title": Text(zh="核对清除证明", en="Check a certificate of erasure"),
    "theme": Text(zh="明暗", en="Bright or dark"),
    "offline": Text(
        zh="这一页不联网，文件不会离开您的设备。",
        en="This page uses no network; your files stay on your device.",
    ),
    "own_copy": Text(
        zh="这一页本身也要从可靠的渠道得到：跟着证明一起来的页面可能说谎。",
        en="This page itself must have reached you by a way that you trust: one that came with a"
        " certificate may lie.",
    ),
    "root_head": Text(zh="1. 您信任谁：根证书", en="1. Whom you trust: the root certificate"),
    "root_file": Text(zh="选根证书文件", en="Choose the root's file"),
    "root_paste": Text(zh="或者粘贴它的文字", en="Or paste its text"),
    "root_paste_label": Text(
        zh="从 BEGIN CERTIFICATE 到 END CERTIFICATE",
        en="From BEGIN CERTIFICATE to END CERTIFICATE",
    ),
    "root_name": Text(zh="名称", en="Name"),
    "root_fingerprint": Text(zh="指纹（SHA-256）", en="Fingerprint (SHA-256)"),
    "root_too_large": Text(zh="这不是根证书：太大。", en="This is no root certificate: too large."),
    "root_unreadable": Text(zh="这个文件打不开。", en="This file cannot be opened."),
    "learned_head": Text(zh="这份根证书您是怎么得到的？", en="How did this root reach you?"),
    "learned_otherwise": Text(
        zh="从别的渠道：出具方当面给的，或者我核对过他们另外公布的指纹",
        en="By another way: from the issuer in person, or I compared its fingerprint with one that"
        " they publish elsewhere",
    ),
    "learned_with_document": Text(zh="和证明一起来的", en="Together with the certificate"),
    "learned_unknown": Text(zh="不知道", en="I do not know"),
    "files_head": Text(zh="2. 要核对的证明", en="2. The certificate to check"),
    "files_choose": Text(
        zh="选一个 zip，或者全部文件；有更正的话，两个 zip 一起选",
        en="Choose a .zip, or all its files; with a correction, both archives at once",
    ),
    "files_folder": Text(zh="选文件夹", en="Choose a folder"),
    "files_drop": Text(zh="也可以拖到这里。", en="Or drop them here."),
    "files_chosen": Text(zh="选了：", en="Chosen: "),
    "allow_practice": Text(zh="也接受练习文件", en="Accept practice documents too"),
    "result_head": Text(zh="3. 结果", en="3. The result"),
    "checking": Text(zh="正在核对……", en="Checking…"),
    "steps_head": Text(zh="查过的每一关", en="Each step that was checked"),
    "content_head": Text(zh="文件全文", en="The whole document"),
    "pdf_step": Text(zh="PDF：这一页不看", en="the PDF: this page does not look at it"),
    "pdf_not_read": Text(
        zh="这一页没有看 PDF，不要以 PDF 上写的为准。要核对 PDF，请用 wipe-cert 或 PDF 阅读器。",
        en="The PDF was not looked at: do not go by what it says. wipe-cert or a PDF reader checks"
        " it.",
    ),
    "time_step": Text(zh="时间戳：这一页不看", en="the time stamp: this page does not look at it"),
    "time_not_read": Text(
        zh="这一页没有看时间戳。要核对它，请用 wipe-cert 或 openssl。",
        en="The time stamp was not looked at; wipe-cert or openssl checks it.",
    ),
    "mark_passed": Text(zh="通过", en="passed"),
    "mark_left_out": Text(zh="没有查", en="not checked"),
    "mark_unknown": Text(zh="不能确定", en="not certain"),
    "mark_refused": Text(zh="不过", en="refused"),
    "trusted_none": Text(
        zh="没有给根证书：谁签的都有可能。",
        en="No root was given: anybody may have signed this.",
    ),
    "trusted_otherwise": Text(
        zh="以这份根证书为准；您说它是从别的渠道得到的：",
        en="Judged by this root, which reached you, as you say, by another way: ",
    ),
    "trusted_with_document": Text(
        zh="根证书是和证明一起来的，证明不了是谁签的：",
        en="This root came together with the certificate and proves nothing about the signer: ",
    ),
    "trusted_unknown": Text(
        zh="没有说明根证书是怎么得到的，证明不了是谁签的：",
        en="How this root reached you is not known, so it proves nothing about the signer: ",
    ),
    "signer_unknown_no_root": Text(
        zh="不知道是谁签的：没有给根证书。请给出从别处得到的根证书，再查一次。",
        en="Signer unknown: no root was given. Give a root that reached you by another way and"
        " check again.",
    ),
    "signer_unknown_not_learned": Text(
        zh="不知道是谁签的：根证书要从别的渠道得到，才算数。",
        en="Signer unknown: a root counts only if it reached you by another way.",
    ),
    "log_not_checked": Text(
        zh="日志没有查：这个浏览器不会核对 Ed25519 签名。请换一个新的浏览器，或用 wipe-cert。",
        en="The log was not checked: this browser cannot check Ed25519 signatures. Use a newer"
        " browser, or wipe-cert.",
    ),
    "practice_refused": Text(
        zh="这是练习文件，不是证明。", en="A practice document, no certificate."
    ),
    "practice_hint": Text(
        zh="练习文件只用来试用。要看内容，请在上面选“也接受练习文件”。",
        en="Practice documents are for trying things out. To see inside, tick “Accept practice"
        " documents too” above.",
    ),
    "page_failed": Text(
        zh="这一页没能查完，所以什么也不能相信。",
        en="This page could not finish the check, so nothing is to be believed.",
    ),
    "page_failed_hint": Text(
        zh="请用 wipe-cert 核对，并把这件事告诉维护人员。",
        en="Check it with wipe-cert, and report this.",
    ),
    "no_crypto": Text(
        zh="这里不能核对签名：请把这一页存到硬盘上再打开，或者换一个新的浏览器。",
        en="Signatures cannot be checked here: save this page to your disk and open it from there,"
        " or use a newer browser.",
    ),
    "list_files": Text(
        zh="选作废名单（如果出具方有）", en="Choose the list of revoked keys, if there is one"
    ),
    "list_help": Text(
        zh="revoked.json 和 revoked.sig 一起选。", en="revoked.json and revoked.sig, both together."
    ),
    "list_taken": Text(zh="作废名单选好了。", en="The list of revoked keys was taken."),
    "list_wrong": Text(
        zh="这不是作废名单：要把 revoked.json 和 revoked.sig 一起选。在换掉以前，什么都不算通过。",
        en="This is no list of revoked keys: choose revoked.json and revoked.sig together. Until"
        " then nothing passes.",
    ),
    "code_head": Text(zh="扫二维码（可以不扫）", en="Scan a code (if there is one)"),
    "code_label": Text(
        zh="用扫码枪扫，或者粘贴文字再按回车",
        en="Scan with a hand-held scanner, or paste its text and press Enter",
    ),
    "code_station": Text(
        zh="没有证明时：选工作站的证书 station.pem",
        en="Without a document: choose the station's certificates, station.pem",
    ),
    "code_station_taken": Text(
        zh="工作站的证书选好了。", en="The station's certificates were taken."
    ),
    "code_no_station": Text(
        zh="这不是工作站的证书：打不开，或者太大。",
        en="These are no station's certificates: the file cannot be opened, or is too large.",
    ),
    "code_needs_station": Text(
        zh="二维码里没有工作站的证书：请先选证明，或者选 station.pem。",
        en="A code brings no certificates: choose the document first, or station.pem.",
    ),
    "code_alone": Text(
        zh="这个工作站签过：设备已清除（{}）。只有二维码，不算证明：请和设备核对，再在上面核对整份证明。",
        en="This station signed that the device was erased ({}). A code alone proves no more:"
        " compare with the device, then check the whole certificate above.",
    ),
    "code_read": Text(zh="扫到的内容：", en="Read: "),
    "code_steps_head": Text(zh="二维码查过的每一关", en="Each step that was checked of the code"),
    "practice_code_refused": Text(zh="这是练习的二维码。", en="A practice code."),
    "camera_start": Text(zh="用摄像头扫", en="Use the camera"),
    "camera_stop": Text(zh="关掉摄像头", en="Stop the camera"),
    "camera_looking": Text(
        zh="请把二维码对准摄像头。画面不保存、不上传。",
        en="Hold the code before the camera. Its picture is neither kept nor sent.",
    ),
    "camera_missing": Text(
        zh="这个浏览器不会用摄像头读二维码。请用扫码枪，或者粘贴文字。",
        en="This browser cannot read codes with a camera. Use a hand-held scanner, or paste the"
        " text.",
    ),
    "camera_refused": Text(
        zh="打不开摄像头：没有摄像头，或者没有允许。请用扫码枪，或者粘贴文字。",
        en="The camera cannot be opened: there is none, or it was not allowed. Use a hand-held"
        " scanner, or paste the text.",
    ),
    "pallet_head": Text(zh="整个托盘", en="A whole pallet"),
    "pallet_files": Text(
        zh="选清单和全部证明（zip）", en="Choose the manifest and all documents (.zip)"
    ),
    "pallet_help": Text(
        zh="一起选、一起拖进来都行；清单也可以是没打包的文件。先在上面给出根证书。",
        en="Choose or drop all of them together; the manifest may be loose files. Give the root"
        " above first.",
    ),
    "pallet_no_manifest": Text(
        zh="里面没有托盘清单，或者清单不可信。",
        en="There is no pallet manifest among them, or it cannot be trusted.",
    ),
    "pallet_manifests": Text(
        zh="里面有几份清单：一次只验收一个托盘。",
        en="There are several manifests among them: one pallet at a time.",
    ),
    "pallet_no_root": Text(
        zh="没有从别处得到的根证书：什么都不能算已清除。",
        en="No root that reached you by another way: nothing counts as erased.",
    ),
    "pallet_names_only": Text(
        zh="标签只说明是哪份文件，谁都能印：请和设备核对型号、序列号。",
        en="A label only names a document, and anybody can print one: compare model and serial with"
        " the device.",
    ),
    "pallet_label": Text(
        zh="一张一张扫标签，或者输入短码再按回车",
        en="Scan label after label, or type a short code and press Enter",
    ),
    "pallet_first": Text(zh="请扫第一张标签。", en="Scan the first label."),
    "pallet_undo": Text(zh="撤销上一张", en="Take the last one back"),
    "pallet_all_matched": Text(zh="全部符合。", en="All of it matched."),
    "pallet_not_all": Text(zh="还没有全部符合。", en="Not all of it matched yet."),
    "pallet_matched": Text(zh="符合", en="Matched"),
    "pallet_missing": Text(zh="没有扫到", en="Missing"),
    "pallet_not_erased": Text(zh="不能当作已清除", en="Not erased"),
    "pallet_unexpected": Text(zh="清单上没有", en="Unexpected"),
    "pallet_duplicate": Text(zh="重复", en="Duplicate"),
    "pallet_scans": Text(zh="扫过的", en="Scanned so far"),
    "pallet_receipt_head": Text(zh="验收单", en="Receipt"),
    "pallet_staff": Text(zh="工号（数字，不写姓名）", en="Your staff number (digits; no name)"),
    "pallet_unsigned": Text(zh="存没签名的（JSON）", en="Save it unsigned (JSON)"),
    "pallet_key": Text(zh="选签名密钥（PKCS#8 PEM）", en="Choose the key that signs (PKCS#8 PEM)"),
    "pallet_chain": Text(
        zh="选它的证书（station.pem）", en="Choose its certificates (station.pem)"
    ),
    "pallet_signed": Text(zh="签名并保存（zip）", en="Sign and save it (.zip)"),
    "receipt_key_taken": Text(zh="密钥选好了。", en="The key was taken."),
    "receipt_no_staff": Text(
        zh="请填工号：1 到 10 位数字。", en="Type your staff number: 1 to 10 digits."
    ),
    "receipt_no_signer": Text(
        zh="要签名，请先选密钥和它的证书。",
        en="To sign, choose the key and its certificates first.",
    ),
    "receipt_no_key": Text(zh="这不是能用的密钥。", en="This is no key that can be used."),
    "receipt_key_of_another": Text(
        zh="密钥和证书不是一对。", en="The key does not belong to the certificate."
    ),
    "receipt_key_hint": Text(
        zh="请选没有口令的 P-256 密钥（PKCS#8 PEM）和它自己的 station.pem。",
        en="Choose a P-256 key without a passphrase (PKCS#8 PEM) and its own station.pem.",
    ),
    "receipt_given": Text(zh="已签名，保存了。", en="Signed and saved."),
    "receipt_unsigned_given": Text(
        zh="保存了，没有签名：谁都能改。", en="Saved without a signature: anybody could change it."
    ),
    "together_unrelated": Text(
        zh="一起给的文件说的不是同一份文件。",
        en="The documents that were given together are not about one of them.",
    ),
    "together_hint": Text(
        zh="一次只给一份，或者一份加上说到它的更正、会签、评级报告。",
        en="Give one alone, or one with what is about it: a correction, a countersignature, a grade"
        " report.",
    ),
    "limits": Text(
        zh="没有作废名单，这一页就不知道签名方的密钥有没有作废；没有给它更正，它也不知道有没有更正过。"
        "它不看设备现在的内容。时间以签发方的时钟为准。",
        en="Without a list of revoked keys this page does not know whether the signer's key was"
        " revoked, nor without a correction whether the document was corrected. It does not look"
        " at what is on the device now. Times are by the issuer's clock.",
    ),
}
