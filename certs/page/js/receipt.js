// The recycler's receipt: as plain JSON, or signed with a key that the person chooses; as
// certs/formats/pallet_receipt_v1.py. The key is used here and kept nowhere.

const PRIVATE_KEY =
  /^-----BEGIN PRIVATE KEY-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END PRIVATE KEY-----\s*$/;
const RECEIPT_TYPE = "pallet-receipt";
const SALT_BYTES = 32;

function utcText(at) {
  return new Date(at).toISOString().replace(/\.[0-9]{3}Z$/, "Z");
}

// What both kinds of receipt say.
function receiptContent(state, staff, at) {
  const { number, manifest } = state.pallet;
  return { staff, pallet: number, manifest, scanned_at: utcText(at), ...foundOf(state) };
}

function unsignedReceipt(state, staff, at) {
  return { unsigned: RECEIPT_TYPE, ...receiptContent(state, staff, at) };
}

// Returns the name of the receipt and its files as one .zip; throws a Refusal for a key that is none
// or not the chain's, and for a receipt that this page itself would refuse.
async function signedReceipt(state, staff, keyPem, chainPem, now) {
  const chain = await readChain(chainPem, null);
  const kind = DATA.documents.find(({ type }) => type === RECEIPT_TYPE);
  const id = `${utcText(now).replace(/[-:]/g, "")}-${hexOf(crypto.getRandomValues(new Uint8Array(4)))}`;
  const document = bytesOf(encodeJson({
    schema: DATA.schema,
    schema_version: DATA.schema_version,
    type: RECEIPT_TYPE,
    id,
    issued_at: utcText(now),
    practice: chain.practice,
    key_id: chain.keyId,
    log_origin: "none",
    software: { name: "verify-page", version: DATA.version, source_sha256: UNKNOWN },
    salt_hex: hexOf(crypto.getRandomValues(new Uint8Array(SALT_BYTES))),
    ...receiptContent(state, staff, now),
  }));
  const raw = await signedBy(keyPem, document);
  if (!(await fits(chain.key, raw, document))) {
    refuseAt("signature", DATA.words.receipt_key_of_another, DATA.words.receipt_key_hint);
  }
  const files = [
    { name: kind.document, bytes: document },
    { name: kind.signature, bytes: derOf(raw) },
    { name: DATA.chain_name, bytes: bytesOf(chainPem) },
  ];
  const packed = zipped(id, files);
  const report = await verify([fileOfBytes(`${id}.zip`, packed)], {
    rootPem: null,
    rootLearned: false,
    allowPractice: true,
    now,
    revoked: null,
  });
  if (!report.accepted) {
    throw new Refusal(report.layer, report.message, report.hint);
  }
  return { name: `${id}.zip`, bytes: packed };
}

async function signedBy(keyPem, document) {
  const found = PRIVATE_KEY.exec(keyPem);
  const der = found === null ? null : base64Of(found[1].replace(/[\r\n]/g, ""));
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key =
    der === null ? null : await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]).catch(() => null);
  if (key === null) {
    refuseAt("signature", DATA.words.receipt_no_key, DATA.words.receipt_key_hint);
  }
  return new Uint8Array(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, document));
}

// The one spelling of a signature of 64 bytes.
function derOf(raw) {
  const integer = (bytes) => {
    const digits = bytes.subarray(Math.min(bytes.findIndex((byte) => byte !== 0) >>> 0, bytes.length - 1));
    const padded = digits[0] & 0x80 ? joined(Uint8Array.of(0), digits) : digits;
    return joined(Uint8Array.of(INTEGER, padded.length), padded);
  };
  const content = joined(integer(raw.subarray(0, P256_BYTES)), integer(raw.subarray(P256_BYTES)));
  return joined(Uint8Array.of(SEQUENCE, content.length), content);
}

function fileOfBytes(name, bytes) {
  return { name, size: bytes.length, arrayBuffer: async () => bytes };
}
