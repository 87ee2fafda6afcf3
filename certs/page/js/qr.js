// Whether a stranger may believe a code: the numbered plan of certs/qr.py, step by step.

const CODE_HINT = {
  zh: "不要相信这个二维码。先重新扫一次；还是不行就向出具方核实。",
  en: "Do not trust this code. Scan it once more; if that does not help, ask the issuer.",
};
const CLAIMS_HINT = {
  zh: "请向出具方核实；也可能需要更新 wipe-cert。",
  en: "Ask the issuer; wipe-cert may also need an update.",
};
const codeRefusal = (layer) => refusing(layer, "二维码不能相信", "The code cannot be trusted", CODE_HINT);
const refuseCodeText = codeRefusal("text");
const refuseCose = codeRefusal("cose");
const refuseCodeSignature = codeRefusal("signature-encoding");
const refuseCodeKey = codeRefusal("key");
const refuseCodeBinding = codeRefusal("binding");
const refuseCodeDocument = codeRefusal("document");
const refuseClaims = refusing("claims", "二维码里的内容不对", "Wrong content of the code", CLAIMS_HINT);

const CODE_TEXT = /^(?:wipe-cert:|https:\/\/[!"$-~]{1,56}#)([0-9]{1,2000})$/;
const COSE_TAG = 0xd2;
const NUMBER_BYTES = 32;
const HINT_BYTES = 8;
const LAST_SECOND = 253402300799n;

// Checks one code and never throws.
//
// text: as a scanner gives it. station: {chain} (PEM of the station's certificates) and, where a
// document was checked, {statement, document} to compare with. options: as `verify` takes them.
// Returns {accepted, layer, status, message, hint, claims, compare, lines, steps}.
async function checkCode(text, station, options) {
  const at = { layer: "text" };
  try {
    return await codeAccepted(text, station, options, at);
  } catch (error) {
    return codeRefused(error, at, options);
  }
}

async function codeAccepted(text, station, options, at) {
  const enter = (layer) => (at.layer = layer);
  const code = parseCode(text, enter); // 1 to 5
  const { claims } = code;
  enter("chain"); // 6
  const chain = await readChain(station.chain, options.rootPem);
  enter("key"); // 7
  checkCodeKey(code, chain);
  enter("signature"); // 8
  await checkSignature(chain, code.raw, code.toBeSigned);
  enter("chain");
  checkValidity(chain, claims.issuedAtS * 1000);
  enter("binding"); // 9
  checkCodeBinding(claims, chain, options.now);
  enter("practice"); // 10
  if (claims.practice && !options.allowPractice) {
    refuseAt("practice", DATA.words.practice_code_refused, DATA.words.practice_hint);
  }
  enter("document"); // 11
  const compared = station.statement !== undefined;
  if (compared) {
    await compareCode(claims, station);
  }
  const known = chain.rootKnown && isRootLearned(options);
  const marks = { chain: known ? MARKS.passed : MARKS.unknown, document: compared ? MARKS.passed : MARKS.leftOut };
  return {
    accepted: true,
    layer: "none",
    status: codeStatus(claims, known),
    claims: spelledClaims(claims),
    compare: codeCompareLine(claims),
    lines: codeLines(claims, chain, known, compared),
    steps: DATA.qr.layers.map(({ code: layer }) => ({ code: layer, mark: marks[layer] ?? MARKS.passed })),
  };
}

function codeRefused(error, at, options) {
  const known = error instanceof Refusal;
  const layer = known ? error.layer : at.layer;
  const number = DATA.qr.layers.findIndex(({ code }) => code === layer);
  const markOfPassed = (code) =>
    code === "chain" && !isRootLearned(options) ? MARKS.unknown : MARKS.passed;
  const passed = DATA.qr.layers.slice(0, number).map(({ code }) => ({ code, mark: markOfPassed(code) }));
  return {
    accepted: false,
    layer,
    status: "none",
    claims: {},
    message: known ? error.text : DATA.words.page_failed,
    hint: known ? error.hint : DATA.words.page_failed_hint,
    steps: [...passed, { code: layer, mark: MARKS.refused }],
  };
}

// --- 1 to 5: text, cbor, cose, signature-encoding, claims ----------------------------------------

function parseCode(text, enter) {
  const data = bytesOfCode(text);
  if (data[0] !== COSE_TAG) {
    refuseCose("不是 COSE_Sign1", "no COSE_Sign1");
  }
  enter("cbor");
  const [header, payload, raw] = coseMembers(decodeCbor(data.subarray(1)));
  const hint = keyHint(decodeCbor(header));
  checkRaw(raw);
  const claims = claimsIn(decodeCbor(payload));
  const context = bytesOf("Signature1");
  const head = joined(cborHeadOf(CBOR.array, 4), cborHeadOf(CBOR.text, context.length), context);
  const toBeSigned = joined(head, cborBytes(header), cborBytes(new Uint8Array()), cborBytes(payload));
  return { claims, hint, raw, toBeSigned };
}

function bytesOfCode(text) {
  const found = CODE_TEXT.exec(text);
  if (found === null) {
    refuseCodeText("不是我们的二维码", "no code of ours");
  }
  const count = COUNT_OF_WIDTH.get(found[1].length);
  const number = BigInt(found[1]);
  if (count === undefined || number >> BigInt(8 * count)) {
    refuseCodeText("数字不完整或太多", "digits missing or too many");
  }
  const digits = number.toString(16).padStart(2 * count, "0");
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

// By the number of digits that the largest number of so many bytes has: the number of bytes.
const COUNT_OF_WIDTH = new Map(
  Array.from({ length: DATA.qr.most_bytes }, (_, at) => [String((1n << BigInt(8 * (at + 1))) - 1n).length, at + 1]),
);

function coseMembers(value) {
  const [header, unprotected, payload, raw] = Array.isArray(value) ? value : [];
  const fitting =
    value.length === 4 &&
    unprotected instanceof Map &&
    unprotected.size === 0 &&
    [header, payload, raw].every((each) => each instanceof Uint8Array);
  if (!fitting) {
    refuseCose("不是 COSE_Sign1", "no COSE_Sign1");
  }
  return [header, payload, raw];
}

function keyHint(header) {
  const hint = header instanceof Map && header.size === 2 && header.get(1n) === -7n ? header.get(4n) : null;
  if (!(hint instanceof Uint8Array) || hint.length !== HINT_BYTES) {
    refuseCose("签名算法或密钥编号不对", "another algorithm or no key's id");
  }
  return hint;
}

function checkRaw(raw) {
  const [r, s] = [raw.subarray(0, NUMBER_BYTES), raw.subarray(NUMBER_BYTES)].map((each) => BigInt(`0x0${hexOf(each)}`));
  const fitting = raw.length === 2 * NUMBER_BYTES && r > 0n && r < P256_ORDER && s > 0n && s <= P256_ORDER / 2n;
  if (!fitting) {
    refuseCodeSignature("签名的写法不对", "wrong encoding of the signature");
  }
}

const isNumber = (least, most) => (value) => typeof value === "bigint" && least <= value && value <= most;
const isOneOf = (names) => (value) => nameOf(names, value) !== undefined;
const isDigest = (value) => value instanceof Uint8Array && value.length === 32;
const isName = (value) =>
  typeof value === "string" && value !== "" && bytesOf(value).length <= DATA.qr.most_name_bytes;
const isGrades = (value) =>
  Array.isArray(value) && value.length === DATA.qr.axes.length && value.every(isOneOf(DATA.qr.grades));
const CLAIM_CHECKS = new Map([
  [1n, isNumber(1n, 1n)],
  [2n, (value) => isOfKind("ID", value)],
  [3n, isOneOf(DATA.qr.types)],
  [4n, isOneOf(DATA.qr.outcomes)],
  [5n, isNumber(0n, LAST_SECOND)],
  [6n, isNumber(0n, 1n)],
  [7n, isDigest],
  [8n, isDigest],
  [9n, isNumber(0n, BigInt(Number.MAX_SAFE_INTEGER))],
  [10n, isOneOf(DATA.qr.strengths)],
  [11n, (value) => isOfKind("CODE", value)],
  [12n, isOneOf(DATA.qr.verifications)],
  [13n, isName],
  [14n, isName],
  [15n, isGrades],
]);
const MOST_NEEDED = 12n;
const SIZE = 9n; // only a phone may go without

function nameOf(names, value) {
  const found = Object.entries(names).find(([, number]) => BigInt(number) === value);
  return found === undefined ? undefined : found[0];
}

function claimsIn(payload) {
  if (!(payload instanceof Map) || payload.get(1n) !== 1n) {
    refuseClaims("版本不认识", "a version that is unknown here");
  }
  const needed = [...CLAIM_CHECKS.keys()].filter((key) => key <= MOST_NEEDED && key !== SIZE);
  if (!needed.every((key) => payload.has(key)) || [...payload.keys()].some((key) => !CLAIM_CHECKS.has(key))) {
    refuseClaims("缺少字段，或有不认识的字段", "a field missing or unknown");
  }
  for (const [key, value] of payload) {
    if (!CLAIM_CHECKS.get(key)(value)) {
      refuseClaims(`第 ${key} 项不对`, `field ${key} is out of its range`);
    }
  }
  const claims = readClaims(payload);
  checkAgreement(claims);
  return claims;
}

function readClaims(payload) {
  const { qr } = DATA;
  const grade = payload.get(15n);
  return {
    documentId: payload.get(2n),
    type: nameOf(qr.types, payload.get(3n)),
    outcome: nameOf(qr.outcomes, payload.get(4n)),
    issuedAtS: Number(payload.get(5n)),
    practice: payload.get(6n) === 1n,
    documentSha256: hexOf(payload.get(7n)),
    keyId: hexOf(payload.get(8n)),
    sizeBytes: payload.has(SIZE) ? Number(payload.get(SIZE)) : null,
    identityStrength: nameOf(qr.strengths, payload.get(10n)),
    method: payload.get(11n),
    verification: nameOf(qr.verifications, payload.get(12n)),
    model: payload.get(13n) ?? null,
    serial: payload.get(14n) ?? null,
    grade: grade === undefined ? null : grade.map((each) => nameOf(qr.grades, each)),
  };
}

function checkAgreement({ type, outcome, documentId, sizeBytes, verification }) {
  const { is_notice: isNotice, of_phone: ofPhone } = KIND_OF[type];
  if (sizeBytes === null && !ofPhone) {
    refuseClaims("缺少字段，或有不认识的字段", "a field missing or unknown");
  }
  if (ofPhone && verification !== "none") {
    refuseClaims("手机没有读回核对", "nothing of a phone is read back");
  }
  if (isNotice === (outcome === "verified")) {
    refuseClaims("结果和文件种类矛盾", "an outcome that such a document cannot have");
  }
  if (isNotice !== documentId.includes("-n")) {
    refuseClaims("编号和文件种类矛盾", "an id that such a document cannot have");
  }
}

// --- 7, 9, 11: key, binding, document --------------------------------------------------------------

function checkCodeKey({ claims, hint }, chain) {
  if (chain.keyId !== claims.keyId || hexOf(hint) !== chain.keyId.slice(0, 2 * HINT_BYTES)) {
    refuseCodeKey(
      "它写的是另一把密钥，也可能 station.pem 是别的工作站的",
      "it names another key, or station.pem is another station's",
    );
  }
}

function checkCodeBinding(claims, chain, now) {
  if (claims.practice !== chain.practice) {
    refuseCodeBinding("练习标记和根证书不符", "its practice flag contradicts the root");
  }
  if (claims.issuedAtS * 1000 > now + CLOCK_TOLERANCE_MS) {
    refuseCodeBinding("签发时间在将来", "it was signed in the future");
  }
}

async function compareCode(claims, { statement, document }) {
  const wanted = await claimsOf(statement, document);
  for (const [name, value] of Object.entries(spelledClaims(claims))) {
    if (JSON.stringify(value) !== JSON.stringify(spelledClaims(wanted)[name])) {
      const field = { type: "document_type", issued_at: "issued_at_s" }[name] ?? name;
      refuseCodeDocument(`和文件不同（${field}）`, `it differs from the document (${field})`);
    }
  }
}

// What the code of a checked document must say.
async function claimsOf(statement, document) {
  const { of_job: ofJob, of_phone: ofPhone } = KIND_OF[statement.type];
  if (!ofJob) {
    refuseAt("document", DATA.qr.no_code, CLAIMS_HINT);
  }
  const { device, grade } = statement;
  return {
    documentId: statement.id,
    type: statement.type,
    outcome: statement.outcome,
    issuedAtS: timeOf(statement.issued_at) / 1000,
    practice: statement.practice,
    documentSha256: hexOf(await sha256(document)),
    keyId: statement.key_id,
    sizeBytes: device.size_bytes ?? null,
    model: firstIdentifier(device, ["model"]),
    grade: grade === undefined ? null : DATA.qr.axes.map((axis) => grade[axis]),
    ...(ofPhone ? claimsOfPhone(statement) : claimsOfDrive(statement)),
  };
}

function claimsOfDrive({ device, method, verification }) {
  return {
    identityStrength: device.identity_strength,
    method: method.name,
    verification: verification.kind,
    serial: firstIdentifier(device, ["serial"]),
  };
}

// What stands in a phone's document elsewhere, or follows from it.
function claimsOfPhone({ device, route }) {
  const names = DATA.qr.phone_names;
  const own = device.identifiers.some(({ kind, source }) => names.includes(kind) && source === "medium");
  return {
    identityStrength: own ? "medium" : "none",
    method: route.name,
    verification: "none",
    serial: firstIdentifier(device, names),
  };
}

// The first identifier of the first kind that has one.
function firstIdentifier({ identifiers }, kinds) {
  const found = kinds.flatMap((kind) => identifiers.filter((each) => each.kind === kind))[0];
  return found === undefined ? null : cutName(found.value);
}

// Cut to the characters that fit, with a mark behind; as certs/qr_claims.py does.
function cutName(text) {
  const most = DATA.qr.most_name_bytes;
  if (bytesOf(text).length <= most) {
    return text;
  }
  let kept = "";
  for (const character of text) {
    if (bytesOf(kept + character).length > most - bytesOf("…").length) {
      break;
    }
    kept += character;
  }
  return `${kept}…`;
}

// The claims in the words of the statement, in the order in which they are compared.
function spelledClaims(claims) {
  return {
    document_id: claims.documentId,
    type: claims.type,
    outcome: claims.outcome,
    issued_at: new Date(claims.issuedAtS * 1000).toISOString().replace(".000Z", "Z"),
    practice: claims.practice,
    document_sha256: claims.documentSha256,
    key_id: claims.keyId,
    size_bytes: claims.sizeBytes,
    identity_strength: claims.identityStrength,
    method: claims.method,
    verification: claims.verification,
    model: claims.model,
    serial: claims.serial,
    grade: claims.grade && Object.fromEntries(DATA.qr.axes.map((axis, at) => [axis, claims.grade[at]])),
  };
}
