// Pallet mode: the manifest and its documents once, then label after label.

const MOST_SHOWN_REFUSALS = 20;
const PAUSE_EVERY = 20;
const MOST_PALLET_FILES = 10_000;
const pallet = {
  given: [], // bundles: lists of files
  state: null,
  refused: [],
  compare: new Map(), // what to compare with a device, by its document's SHA-256
  said: null, // what stands where the pallet would
  last: null, // the scan that is shown large
  key: null,
  chain: null,
  receiptSaid: null,
  saved: true,
  trust: null, // that all of it was verified by
  turn: 0,
};

// Archives are a bundle each; files beside them are the manifest's, which may lie there loose.
async function takePallet(files) {
  if (files.length === 0) {
    return;
  }
  const isArchive = ({ name }) => name.toLowerCase().endsWith(".zip");
  const loose = files.filter((file) => !isArchive(file));
  const given = files.filter(isArchive).map((file) => [file]);
  pallet.given = loose.length > 0 ? [loose, ...given] : given;
  await loadPallet();
  leadTo("pallet-text");
}

// Everything is verified once, and again whenever the root or what is allowed is another. What was
// scanned against the same manifest is kept, and answered anew.
async function loadPallet() {
  pallet.turn += 1;
  const { turn, given, state: before } = pallet;
  Object.assign(pallet, { state: null, refused: [], said: null, last: null, receiptSaid: null });
  pallet.trust = trust();
  if (given.length === 0) {
    drawPallet();
    return;
  }
  const found = { manifests: [], judged: new Map(), compare: new Map(), corrected: new Set(), refused: [] };
  for (const [at, files] of given.entries()) {
    if (at % PAUSE_EVERY === 0) {
      pallet.said = { text: { zh: `正在核对 ${at} / ${given.length}……`, en: `Checking ${at} of ${given.length}…` } };
      drawPallet();
      await new Promise((resolve) => setTimeout(resolve));
    }
    await judge(files, found, pallet.trust);
    if (turn !== pallet.turn) {
      return;
    }
  }
  Object.assign(pallet, { refused: found.refused, ...begunWith(found) });
  goOn(before);
  drawPallet();
}

function goOn(before) {
  const same = before !== null && before.pallet.manifest.document_sha256 === pallet.state?.pallet.manifest.document_sha256;
  for (const { text } of same ? before.scans : []) {
    [pallet.state, pallet.last] = scanLabel(pallet.state, text);
  }
}

// Asked whenever anything was chosen on the page.
function reconsiderPallet() {
  const now = trust();
  const names = ["rootPem", "rootLearned", "allowPractice", "revoked"];
  if (pallet.trust !== null && names.some((name) => now[name] !== pallet.trust[name])) {
    void loadPallet();
  }
}

async function judge(files, { manifests, judged, compare, corrected, refused }, trusted) {
  const report = await verify(files, trusted);
  if (!report.accepted) {
    refused.push({ name: files[0].name, report });
    return;
  }
  const { status, statement, digest } = report;
  if (statement.type === "pallet-manifest") {
    manifests.push({ statement, digest, status });
  } else if (statement.type === "correction" && status === "genuine") {
    corrected.add(statement.about.document_sha256);
  } else if (status === "erased") {
    judged.set(digest, null);
    compare.set(digest, report.compare);
  } else if (KIND_OF[statement.type].of_job) {
    const unfit = status === "not-erased" || status === "inconclusive" ? "not-erased" : "refused";
    judged.set(digest, judged.get(digest) === null ? null : unfit);
  }
}

function begunWith({ manifests, judged, compare, corrected }) {
  if (manifests.length !== 1) {
    return { said: { bad: true, text: DATA.words[manifests.length === 0 ? "pallet_no_manifest" : "pallet_manifests"] } };
  }
  for (const digest of corrected) {
    judged.set(digest, "corrected");
  }
  const [{ statement, digest }] = manifests;
  const about = { document: statement.id, document_sha256: digest, type: statement.type };
  return { said: null, compare, state: { pallet: palletOf(statement, about, judged), scans: [] } };
}

function takeLabel(text) {
  if (pallet.state !== null) {
    [pallet.state, pallet.last] = scanLabel(pallet.state, text.slice(0, DATA.most_label_characters + 1));
    pallet.saved = false;
    byId("pallet-text").value = "";
    drawPallet();
  }
  return true;
}

function takeBack() {
  if (pallet.state !== null) {
    [pallet.state] = undoScan(pallet.state);
    pallet.last = pallet.state.scans.at(-1) ?? null;
    drawPallet();
  }
}

// --- what is shown ---------------------------------------------------------------------------------

const COLOUR_OF_ANSWER = { matched: "good", "not-erased": "bad", unexpected: "bad", duplicate: "note", damaged: "note" };

function drawPallet() {
  const { state, said, refused } = pallet;
  const lines = [];
  if (said !== null) {
    lines.push(element("p", said.bad ? "headline bad" : "", say(said.text)));
  }
  if (state !== null) {
    const { number, listed } = state.pallet;
    const here = [...listed.values()].filter(({ why }) => why === null).length;
    lines.push(element("p", "", say(palletSentence(shown(number), listed.size, here))));
    if (!isRootLearned(trust())) {
      lines.push(element("p", "note", word("pallet_no_root")));
    }
    lines.push(element("p", "quiet", word("pallet_names_only")));
  }
  for (const { name, report } of refused.slice(0, MOST_SHOWN_REFUSALS)) {
    lines.push(element("p", "note", `✗ ${shown(name)} (${report.layer}): ${say(report.message)}`));
  }
  if (refused.length > MOST_SHOWN_REFUSALS) {
    lines.push(element("p", "note", `✗ … ${refused.length}`));
  }
  byId("pallet-shown").replaceChildren(...lines);
  byId("pallet-work").hidden = state === null;
  if (state !== null) {
    drawAnswer(state);
    drawSummary(state);
  }
}

function palletSentence(number, listed, here) {
  return {
    zh: `托盘 ${number}：清单上 ${listed} 台，其中 ${here} 台的证明在这里，证明已清除。`,
    en: `Pallet ${number}: ${listed} listed; of ${here} a certificate of erasure is here.`,
  };
}

// Colour, symbol and words, so that none of them alone has to do.
function drawAnswer({ pallet: { listed } }) {
  const { last } = pallet;
  const place = byId("pallet-answer");
  if (last === null) {
    place.className = "answer";
    place.replaceChildren(element("p", "", word("pallet_first")));
    return;
  }
  const item = last.code === null ? undefined : listed.get(last.code);
  const why = {
    [ANSWER.matched]: () => pallet.compare.get(item.document_sha256),
    [ANSWER.notErased]: () => DATA.pallet.reasons[item.why],
  }[last.answer] ?? (() => DATA.pallet.advice[last.answer]);
  const name = last.code === null ? shown(last.text, 30) : groupedCode(last.code);
  const about = item === undefined ? "" : [item.document, ...(item.ticket ? [shown(item.ticket)] : [])].join(" · ");
  place.className = `answer ${COLOUR_OF_ANSWER[last.answer]}`;
  place.replaceChildren(
    element("p", "large", say(DATA.pallet.answers[last.answer])),
    element("p", "code", name),
    element("p", "", about),
    element("p", "", say(why())),
  );
}

function drawSummary(state) {
  const what = foundOf(state);
  const names = ["matched", "missing", "not_erased", "unexpected", "duplicate"];
  const rows = names.map((name) => {
    const codes = what[name].map((each) => groupedCode(each.code ?? each));
    const shows = name !== "matched" && codes.length > 0;
    const head = `${word(`pallet_${name}`)}: ${codes.length}`;
    const parts = shows ? [element("summary", "", head), element("p", "code", codes.join(" "))] : [head];
    return element("li", "", shows ? element("details", "", ...parts) : parts[0]);
  });
  const whole = isWhole(what);
  byId("pallet-whole").className = `headline ${whole ? "good" : "note"}`;
  byId("pallet-whole").textContent = word(whole ? "pallet_all_matched" : "pallet_not_all");
  byId("pallet-counts").replaceChildren(...rows);
  const scans = [...state.scans].reverse().map(({ text, code, answer }) => {
    const name = code === null ? shown(text, 30) : groupedCode(code);
    return element("li", "", `${say(DATA.pallet.answers[answer])} ${name}`);
  });
  byId("pallet-scans").replaceChildren(...scans);
  const { receiptSaid } = pallet;
  byId("pallet-receipt-said").textContent = receiptSaid === null ? "" : say(receiptSaid);
  byId("pallet-key-said").textContent = [
    ...(pallet.key === null ? [] : [word("receipt_key_taken")]),
    ...(pallet.chain === null ? [] : [word("code_station_taken")]),
  ].join(" ");
}

// --- the receipt -----------------------------------------------------------------------------------

async function textOfFile(file) {
  const fitting = file !== undefined && file.size <= DATA.most_chain_bytes;
  const bytes = fitting ? await file.arrayBuffer().catch(() => null) : null;
  return bytes === null ? "" : latin1Of(new Uint8Array(bytes));
}

async function takeSigner(name, [file]) {
  if (file !== undefined) {
    pallet[name] = await textOfFile(file);
    drawPallet();
  }
}

async function giveReceipt(signed) {
  const { state, key, chain } = pallet;
  const staff = byId("pallet-staff").value.trim();
  if (!isOfKind("STAFF", staff)) {
    pallet.receiptSaid = DATA.words.receipt_no_staff;
  } else if (signed && (key === null || chain === null)) {
    pallet.receiptSaid = DATA.words.receipt_no_signer;
  } else {
    pallet.receiptSaid = await given(state, staff, signed ? { key, chain } : null);
  }
  drawPallet();
}

// Gives a receipt to the person; returns what is said of it.
async function given(state, staff, signer) {
  const now = Date.now();
  try {
    if (signer === null) {
      const text = JSON.stringify(unsignedReceipt(state, staff, now), null, 2);
      give("pallet-receipt-unsigned.json", bytesOf(`${text}\n`));
    } else {
      const { name, bytes } = await signedReceipt(state, staff, signer.key, signer.chain, now);
      give(name, bytes);
    }
  } catch (error) {
    return error instanceof Refusal ? error.text : DATA.words.page_failed;
  }
  pallet.saved = true;
  return DATA.words[signer === null ? "receipt_unsigned_given" : "receipt_given"];
}

function give(name, bytes) {
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

onChosen("pallet-files", (files) => takePallet(files.map(named)));
onDropped("pallet", async (transfer) => takePallet(await droppedFiles(transfer, MOST_PALLET_FILES)));
onEnter("pallet-text", takeLabel);
byId("pallet-undo").addEventListener("click", takeBack);
onChosen("pallet-key", (files) => takeSigner("key", files));
onChosen("pallet-chain", (files) => takeSigner("chain", files));
byId("pallet-unsigned").addEventListener("click", () => giveReceipt(false));
byId("pallet-signed").addEventListener("click", () => giveReceipt(true));
window.addEventListener("beforeunload", (event) => {
  if (!pallet.saved) {
    event.preventDefault();
  }
});
const palletCamera = new Camera(byId("pallet-camera"), takeLabel);
