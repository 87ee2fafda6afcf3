// The code on a page or a strip: typed, or typed by a scanner, or seen by a camera.

const MOST_CODE_CHARACTERS = 1100;
const code = { text: null, chain: null, chainError: false, report: null, turn: 0 };

function takeCode(text) {
  code.text = text.trim().slice(0, MOST_CODE_CHARACTERS);
  byId("code-text").value = "";
  void checkTheCode();
  return false;
}

async function takeStation([file]) {
  if (file === undefined) {
    return;
  }
  const fitting = file.size <= DATA.most_chain_bytes;
  const bytes = fitting ? await file.arrayBuffer().catch(() => null) : null;
  code.chainError = bytes === null;
  code.chain = bytes === null ? null : latin1Of(new Uint8Array(bytes));
  await checkTheCode();
}

// Asked again whenever what it stands on is another: code, root, document, practice.
async function checkTheCode() {
  code.turn += 1;
  code.report = null;
  drawCode();
  const { turn, text } = code;
  const station = await stationOfCode();
  if (text === null || text === "" || station === null) {
    return;
  }
  const refused = station.refused ?? null;
  const report = refused === null ? await checkCode(text, station, trust()) : ofRefusedDocument(refused);
  if (turn === code.turn) {
    code.report = report;
    drawCode();
  }
}

// The document that lies here says whose code it is; without one, the station's certificates.
async function stationOfCode() {
  const { report, files } = state;
  if (files.length === 0) {
    return code.chain === null ? null : { chain: code.chain };
  }
  if (report === null) {
    return null; // still being checked; asked again then
  }
  if (!report.accepted) {
    return { refused: report };
  }
  const { chain, document } = await bundleOf(bundlesOf(files)[report.place]);
  return { chain, document, statement: report.statement };
}

// As wipe-cert qr says it: a code is compared with nothing that was refused.
function ofRefusedDocument({ message, hint }) {
  const steps = [{ code: "document", mark: MARKS.refused }];
  return { accepted: false, layer: "document", message, hint, steps };
}

function drawCode() {
  const { text, report, chain, chainError } = code;
  const parts = [];
  if (chainError) {
    parts.push(element("p", "note", word("code_no_station")));
  } else if (chain !== null && state.files.length === 0) {
    parts.push(element("p", "", word("code_station_taken")));
  }
  if (text !== null) {
    parts.push(element("p", "", `${word("code_read")}${shown(text, 40)}`));
    if (report !== null) {
      parts.push(...codeParts(report));
    } else if (state.files.length === 0 && chain === null) {
      parts.push(element("p", "note", word("code_needs_station")));
    }
  }
  byId("code-shown").replaceChildren(...parts);
}

function codeParts(report) {
  const head = element("h2", "", word("code_steps_head"));
  const steps = stepList(report.steps, DATA.qr.layers);
  if (!report.accepted) {
    const said = [DATA.qr.no_claim, report.message, report.hint];
    return [...said.map((each, at) => element("p", at === 0 ? "headline bad" : "", say(each))), head, steps];
  }
  const [headline, ...lines] = report.lines;
  return [
    element("p", "compare", say(report.compare)),
    // Never green: whatever a code says, document and device have the last word.
    element("p", `headline ${report.status === "not-erased" ? "bad" : "note"}`, say(headline)),
    ...lines.map((line) => element("p", "", say(line))),
    ...trustParts(),
    head,
    steps,
  ];
}

onEnter("code-text", takeCode);
onChosen("code-station", takeStation);
const codeCamera = new Camera(byId("code-camera"), takeCode);
