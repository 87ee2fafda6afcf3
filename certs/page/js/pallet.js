// A pallet, label after label; as certs/pallet.py. A scan says that a label names a document of the
// manifest, and no more: whoever prints a label can print any code.

const ANSWER = {
  matched: "matched",
  notErased: "not-erased",
  unexpected: "unexpected",
  duplicate: "duplicate",
  damaged: "damaged",
};
const FIRST_ANSWERS = [ANSWER.matched, ANSWER.notErased, ANSWER.unexpected];

// statement: of the manifest, verified. manifest: {document, document_sha256, type}. judged: by the
// SHA-256 of each document that is here, why it does not count as erased, or null if it does.
function palletOf(statement, manifest, judged) {
  const listed = new Map();
  for (const item of statement.items) {
    const why = judged.has(item.document_sha256) ? judged.get(item.document_sha256) : "no-document";
    listed.set(item.code, { ...item, why });
  }
  return { number: statement.pallet, manifest, listed };
}

// Returns the state after a label, and what came of it: {text, code, answer}.
function scanLabel(state, text) {
  const { code, digest } = namedIn(text);
  const answer = answerOf(state, code, digest);
  const scan = { text, code: answer === ANSWER.damaged ? null : code, answer };
  return [{ ...state, scans: [...state.scans, scan] }, scan];
}

// Returns the state before the last label, and what is taken back; null where there is none.
function undoScan(state) {
  const last = state.scans.at(-1) ?? null;
  return [{ ...state, scans: state.scans.slice(0, -1) }, last];
}

// The short code that a text names, and the SHA-256 where it says that, too.
function namedIn(text) {
  const plain = text.trim();
  if (plain.length > DATA.most_label_characters) {
    return { code: null, digest: null };
  }
  if (!plain.startsWith(DATA.qr.prefix) && !plain.startsWith("https://")) {
    return { code: typedCode(plain), digest: null };
  }
  try {
    const digest = parseCode(plain, () => undefined).claims.documentSha256;
    return { code: shortCodeOf(digest), digest };
  } catch (error) {
    if (error instanceof Refusal) {
      return { code: null, digest: null };
    }
    throw error;
  }
}

function answerOf({ pallet, scans }, code, digest) {
  const listed = code === null ? undefined : pallet.listed.get(code);
  const another = listed !== undefined && digest !== null && digest !== listed.document_sha256;
  if (code === null || another) {
    return ANSWER.damaged;
  }
  if (scans.some((earlier) => earlier.code === code)) {
    return ANSWER.duplicate;
  }
  if (listed === undefined) {
    return ANSWER.unexpected;
  }
  return listed.why === null ? ANSWER.matched : ANSWER.notErased;
}

// What was found so far, as it stands in a receipt.
function foundOf({ pallet, scans }) {
  const first = new Map(
    scans.filter(({ answer }) => FIRST_ANSWERS.includes(answer)).map(({ code, answer }) => [code, answer]),
  );
  const codes = [...pallet.listed.keys()];
  const having = (wanted) => codes.filter((code) => first.get(code) === wanted);
  const lists = {
    matched: having(ANSWER.matched),
    missing: codes.filter((code) => !first.has(code)),
    not_erased: having(ANSWER.notErased).map((code) => ({ code, why: pallet.listed.get(code).why })),
    unexpected: [...first.keys()].filter((code) => first.get(code) === ANSWER.unexpected),
    duplicate: [...new Set(scans.filter(({ answer }) => answer === ANSWER.duplicate).map(({ code }) => code))],
  };
  const counts = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.length]));
  return { ...lists, counts: { ...counts, listed: codes.length } };
}

function isWhole({ missing, not_erased: notErased, unexpected, duplicate }) {
  return [missing, notErased, unexpected, duplicate].every((list) => list.length === 0);
}
