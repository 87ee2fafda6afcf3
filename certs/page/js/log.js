// Whether the log that a document names has it; as certs/logged.py and certs/log/.

const NO_LOG = "none";
const ED25519 = 1;
const COSIGNATURE = 4;
const MOST_NOTE_BYTES = 64 * 1024;
const MOST_SIGNATURES = 64;
const MOST_ENTRY_BYTES = 65_535;
const MOST_HASHES = 63;
const HASH_BYTES = 32;
const EMPTY_ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; // SHA-256 of nothing
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 4;
// No white space as Python counts it, no plus sign, no control character.
const NOTE_NAME =
  /^[^\x00-\x20+\x7f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]{1,255}$/u;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})$/su;
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;
const BOOT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ENTRY_SCHEMA = "wipe-station/log-entry";

const LOG_HINT = {
  zh: "不要相信这份文件：它没有进日志，或者日志证明被换过。请向出具方核实。",
  en: "Do not trust this document: the log does not have it, or its proof was exchanged. Ask the issuer.",
};
const refuseLog = refusing("log", "日志这一关不过", "Not in its log", LOG_HINT);
const refuseNote = refusing("log", "日志的签名文件有问题", "Wrong signed note", LOG_HINT);
const refuseCheckpoint = refusing("log", "日志的检查点有问题", "Wrong checkpoint", LOG_HINT);
const refuseProof = refusing("log", "日志证明有问题", "Wrong log proof", LOG_HINT);
const refuseEntry = refusing("log", "日志条目不对", "Wrong log entry", LOG_HINT);

// Returns where a document stands in its log, and whether the checkpoint's signature could be
// checked at all; null where the document names no log.
async function checkLogged(statement, bundle) {
  if (statement.log_origin === NO_LOG) {
    if (bundle.proof !== null) {
      refuseLog("文件没有提到日志，却附有日志证明", "a proof, but the document names no log");
    }
    return null;
  }
  if (bundle.proof === null) {
    refuseLog("缺少日志证明（.tlog-proof）", "its .tlog-proof is missing");
  }
  const key = await readNoteKey(statement.log_key);
  const proof = readProof(bundle.proof);
  const { checkpoint, signatureChecked } = await openCheckpoint(proof.checkpoint, key);
  const entry = readEntry(proof.entry);
  const root = await rootOfInclusion(proof, checkpoint.size);
  if (root === null || !sameBytes(root, checkpoint.root)) {
    refuseLog("证明到不了日志的根", "its way does not lead to the log's root");
  }
  if (!(await isAbout(entry, statement, bundle.document))) {
    refuseLog("日志里的那一条说的不是这份文件", "the entry is not about this document");
  }
  return { origin: checkpoint.origin, index: proof.index, size: checkpoint.size, signatureChecked };
}

async function isAbout(entry, statement, document) {
  const wanted = await wantedOf(statement, document);
  return Object.entries(wanted).every(([name, value]) => entry[name] === value);
}

// What the log must say about a document.
async function wantedOf(statement, document) {
  const described = formatOf(statement);
  if (!KIND_OF[statement.type].of_job) {
    const salt = Uint8Array.from(statement.salt_hex.match(/../g), (digits) => parseInt(digits, 16));
    const own = Object.entries(described.entry_fields).map(([name, path]) => [name, valueAt(statement, path)]);
    return {
      kind: described.entry_kinds[""] ?? described.entry_kinds[statement.kind],
      commitment: hexOf(await sha256(salt, document)),
      ...Object.fromEntries(own),
    };
  }
  return {
    kind: "outcome",
    issued_at: statement.issued_at,
    document: statement.id,
    document_sha256: hexOf(await sha256(document)),
    journal_sha256: statement.journal.head_sha256,
    type: statement.type,
    outcome: statement.outcome,
    practice: statement.practice,
  };
}

// --- signed notes --------------------------------------------------------------------------------

// Reads a public key as it is handed around: name+id+key.
async function readNoteKey(text) {
  const whole = text.replace(/\n$/, "");
  const first = whole.indexOf("+");
  const second = whole.indexOf("+", first + 1);
  const name = whole.slice(0, Math.max(first, 0));
  if (first < 0 || second < 0 || !NOTE_NAME.test(name)) {
    refuseNote("公钥读不懂", "a public key that cannot be read");
  }
  const typed = noteBase64(whole.slice(second + 1));
  if (typed.length !== 1 + KEY_BYTES || ![ED25519, COSIGNATURE].includes(typed[0])) {
    refuseNote("不认识的公钥种类", "a public key of an unknown kind");
  }
  const keyId = (await sha256(bytesOf(`${name}\n`), typed)).subarray(0, ID_BYTES);
  if (whole.slice(first + 1, second) !== hexOf(keyId)) {
    refuseNote("公钥的编号不对", "a public key under a wrong id");
  }
  return { name, keyId, algorithm: typed[0], bytes: typed.subarray(1) };
}

function noteBase64(text) {
  const data = strictBase64Of(text);
  if (data === null) {
    if (base64Of(text) === null) {
      refuseNote("base64 损坏", "damaged base64");
    }
    refuseNote("base64 有多种写法", "base64 in another spelling");
  }
  return data;
}

// Returns a note's text, the name, key id and signature of each line under it.
function splitNote(data) {
  if (data.length > MOST_NOTE_BYTES) {
    refuseNote("太长", "too long");
  }
  const whole = textOf(data);
  if (whole === null) {
    refuseNote("不是 UTF-8", "not UTF-8");
  }
  if (/[\x00-\x09\x0b-\x1f]/.test(whole)) {
    refuseNote("有控制字符", "a control character");
  }
  const gap = whole.lastIndexOf("\n\n");
  if (gap < 0 || !whole.slice(gap + 2).endsWith("\n")) {
    refuseNote("没有签名", "nothing signed below");
  }
  const lines = whole.slice(gap + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) {
    refuseNote("签名太多", "too many signatures");
  }
  return { text: whole.slice(0, gap + 1), signatures: lines.map(readSignatureLine) };
}

function readSignatureLine(line) {
  const found = SIGNATURE_LINE.exec(line);
  if (found === null || !NOTE_NAME.test(found[1])) {
    refuseNote("签名行读不懂", "a line of a signature that cannot be read");
  }
  const data = noteBase64(found[2]);
  if (data.length <= ID_BYTES) {
    refuseNote("签名太短", "a signature that is too short");
  }
  return { name: found[1], keyId: data.subarray(0, ID_BYTES), signature: data.subarray(ID_BYTES) };
}

// Reads a checkpoint that a log signed; other signers' lines say nothing here.
async function openCheckpoint(data, key) {
  const { text, signatures } = splitNote(data);
  const own = signatures.filter(({ name, keyId }) => name === key.name && sameBytes(keyId, key.keyId));
  const able = await canCheckEd25519();
  for (const { signature } of own) {
    if (signature.length !== SIGNATURE_BYTES) {
      refuseNote(`${key.name} 的签名长度不对`, `a signature of ${key.name} of a wrong length`);
    }
    if (able && !(await fitsEd25519(key.bytes, signature, bytesOf(text)))) {
      refuseNote(`${key.name} 的签名不对`, `the signature of ${key.name} does not fit`);
    }
  }
  const checkpoint = readCheckpoint(text);
  if (checkpoint.origin !== key.name) {
    refuseCheckpoint("是另一份日志的", "it is another log's");
  }
  if (own.length === 0) {
    refuseCheckpoint("日志自己没有签", "the log itself did not sign it");
  }
  return { checkpoint, signatureChecked: able };
}

async function fitsEd25519(key, signature, data) {
  try {
    const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, imported, signature, data);
  } catch {
    return false;
  }
}

// Not every browser has Ed25519; this one does if it finds a published signature right.
// Source: RFC 8032 §7.1, test 1.
async function canCheckEd25519() {
  const key = strictBase64Of("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  const signature = strictBase64Of(
    "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw==",
  );
  return fitsEd25519(key, signature, new Uint8Array(0));
}

function readCheckpoint(text) {
  const lines = text.split("\n");
  // More lines are allowed, and signed; nothing of ours depends on them.
  if (lines.length < 4 || lines[0] === "" || !NUMBER.test(lines[1])) {
    refuseCheckpoint("读不懂", "it cannot be read");
  }
  const root = base64Of(lines[2]);
  if (root === null) {
    refuseCheckpoint("根哈希损坏", "a damaged root");
  }
  if (root.length !== HASH_BYTES || toBase64(root) !== lines[2]) {
    refuseCheckpoint("根哈希写法不对", "a root in another spelling");
  }
  const size = Number(lines[1]);
  if (!Number.isSafeInteger(size) || (size === 0) !== (lines[2] === EMPTY_ROOT)) {
    refuseCheckpoint("条数不对", "a wrong number of entries");
  }
  return { origin: lines[0], size, root };
}

// --- proof and entry -----------------------------------------------------------------------------

function readProof(data) {
  const whole = latin1Of(data);
  const gap = whole.indexOf("\n\n");
  const lines = whole.slice(0, Math.max(gap, 0)).split("\n");
  if (gap < 0 || lines.length < 3 || lines[0] !== "c2sp.org/tlog-proof@v1") {
    refuseProof("读不懂", "it cannot be read");
  }
  const index = lines[2].startsWith("index ") ? lines[2].slice("index ".length) : "";
  if (!lines[1].startsWith("extra ") || !NUMBER.test(index) || lines.length > 3 + MOST_HASHES) {
    refuseProof("读不懂", "it cannot be read");
  }
  const hashes = lines.slice(3).map(proofBase64);
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) {
    refuseProof("哈希的长度不对", "a hash of a wrong length");
  }
  const checkpoint = data.subarray(gap + 2);
  readCheckpoint(splitNote(checkpoint).text);
  const entry = proofBase64(lines[1].slice("extra ".length));
  if ([lines[1].slice("extra ".length), ...lines.slice(3)].some((text) => strictBase64Of(text) === null)) {
    refuseProof("写法不对", "another spelling");
  }
  return { entry, index: Number(index), hashes, checkpoint };
}

function proofBase64(text) {
  const data = base64Of(text);
  if (data === null) {
    refuseProof("base64 损坏", "damaged base64");
  }
  return data;
}

// The root that a proof leads to, or null where no such proof can be. Source: RFC 9162 §2.1.3.2.
async function rootOfInclusion({ entry, index, hashes }, size) {
  if (index >= size) {
    return null;
  }
  let at = BigInt(index);
  let last = BigInt(size - 1);
  let current = await sha256(Uint8Array.of(0), entry);
  for (const beside of hashes) {
    if (last === 0n) {
      return null;
    }
    if (at & 1n || at === last) {
      current = await sha256(Uint8Array.of(1), beside, current);
      while (!(at & 1n) && at) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      current = await sha256(Uint8Array.of(1), current, beside);
    }
    at >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? current : null;
}

function readEntry(data) {
  if (data.length > MOST_ENTRY_BYTES) {
    refuseEntry("太长", "too long");
  }
  const entry = decodedEntry(data);
  if (typeof entry.kind !== "string" || !Object.hasOwn(DATA.entry_kinds, entry.kind)) {
    refuseEntry("不认识的种类", "an unknown kind");
  }
  const wanted = DATA.entry_kinds[entry.kind];
  const names = new Set([...Object.keys(entry), ...Object.keys(wanted)]);
  const odd = [...names].filter((name) => Object.hasOwn(entry, name) !== Object.hasOwn(wanted, name));
  if (odd.length > 0) {
    const name = shown(odd.sort()[0]);
    refuseEntry(`${entry.kind} 的字段不对：${name}`, `wrong fields in ${entry.kind}: ${name}`);
  }
  for (const [name, kind] of Object.entries(wanted)) {
    if (!isOfKind(kind, entry[name])) {
      const wording = DATA.kinds[kind].wording;
      refuseEntry(`${name} 应为：${wording}`, `${name}: expected ${wording}`);
    }
  }
  if (entry.schema !== ENTRY_SCHEMA || entry.schema_version !== 1 || !BOOT_ID.test(entry.boot_id)) {
    refuseEntry("格式或版本不认识", "an unknown format or version");
  }
  return entry;
}

function decodedEntry(data) {
  try {
    return decodeJson(data);
  } catch (error) {
    throw error instanceof Refusal ? new Refusal("log", error.text, LOG_HINT) : error;
  }
}
