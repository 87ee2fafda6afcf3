// What the person sees and does. Everything from outside becomes a text node, nothing else.

const MOST_SHOWN_FILES = 16;
const state = {
  language: navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en",
  root: null, // {pem, name, fingerprint}
  rootPem: null, // what was given last; what becomes of an earlier one is not shown
  rootError: null,
  revoked: null, // {document, signature, versionAtLeast}; of a wrong choice both are empty
  files: [],
  report: null,
  turn: 0, // of the latest check; what an earlier one finds is not shown
};

const byId = (id) => document.getElementById(id);
const say = (text) => text[state.language];
const word = (key) => say(DATA.words[key]);

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function drawWords() {
  document.documentElement.lang = state.language === "zh" ? "zh-CN" : "en";
  document.title = word("title");
  for (const each of document.querySelectorAll("[data-words]")) {
    each.textContent = word(each.dataset.words);
  }
}

function draw() {
  drawWords();
  drawRoot();
  drawFiles();
  drawReport();
  drawCode();
  drawPallet();
  codeCamera.draw();
  palletCamera.draw();
}

// --- the root ------------------------------------------------------------------------------------

function drawRoot() {
  const { root, rootError } = state;
  const lines = [];
  if (rootError !== null) {
    lines.push(element("p", "note", say(rootError)));
  }
  if (root !== null) {
    lines.push(element("p", "", `${word("root_name")}: ${root.name}`));
    lines.push(element("p", "", `${word("root_fingerprint")}:`));
    lines.push(element("p", "fingerprint", root.fingerprint));
  }
  byId("root-shown").replaceChildren(...lines);
  byId("learned").hidden = root === null;
  byId("list-shown").textContent = state.revoked === null ? "" : word(listWord(state.revoked));
}

function listWord({ document, signature }) {
  return document.length > 0 && signature.length > 0 ? "list_taken" : "list_wrong";
}

function howLearned() {
  return document.querySelector("input[name=learned]:checked").value;
}

async function takeRoot(pem) {
  Object.assign(state, { root: null, rootError: null, rootPem: pem });
  forget();
  // Whoever learned one root by another way did not learn the next one so.
  document.querySelector("input[name=learned][value=unknown]").checked = true;
  const [root, rootError] = await readShownRoot(pem);
  if (state.rootPem === pem) {
    Object.assign(state, { root, rootError });
    await check();
  }
}

// Returns what is shown of a root, or what is wrong with it.
async function readShownRoot(pem) {
  try {
    const link = await readRoot(pem);
    const digest = hexOf(await sha256(link.der)).toUpperCase();
    return [{ pem, name: link.name, fingerprint: digest.match(/../g).join(":") }, null];
  } catch (error) {
    return [null, error instanceof Refusal ? error.text : DATA.words.page_failed];
  }
}

async function takeRootFile(file) {
  if (file === undefined) {
    return;
  }
  byId("root-text").value = "";
  if (file.size > DATA.most_chain_bytes) {
    dropRoot(DATA.words.root_too_large);
    return;
  }
  const bytes = await file.arrayBuffer().catch(() => null);
  if (bytes === null) {
    dropRoot(DATA.words.root_unreadable);
    return;
  }
  await takeRoot(latin1Of(new Uint8Array(bytes)));
}

// Without a root: none was given, or what was given is none.
function dropRoot(rootError) {
  Object.assign(state, { root: null, rootError, rootPem: null });
  void check();
}

async function takeRootText(text) {
  if (text.trim() === "") {
    dropRoot(null);
  } else if (text.length > DATA.most_chain_bytes) {
    dropRoot(DATA.words.root_too_large);
  } else {
    await takeRoot(`${text.trim()}\n`);
  }
}

// A wrong choice is not left out in silence: an empty list is refused at its layer.
async function takeList(files) {
  if (files.length === 0) {
    return;
  }
  const read = async (name, most) => {
    const file = files.length === 2 ? files.find((each) => each.name === name) : undefined;
    const fitting = file !== undefined && file.size <= most;
    const bytes = fitting ? await file.arrayBuffer().catch(() => null) : null;
    return new Uint8Array(bytes ?? new ArrayBuffer(0));
  };
  state.revoked = {
    document: await read(DATA.list_name, DATA.most_revocation_bytes),
    signature: await read(DATA.list_signature_name, DATA.most_signature_bytes),
    versionAtLeast: 0,
  };
  await check();
}

// --- the bundle ----------------------------------------------------------------------------------

function drawFiles() {
  const names = state.files.slice(0, MOST_SHOWN_FILES).map(({ name }) => shown(name));
  const more = state.files.length > names.length ? ["…"] : [];
  byId("files-shown").textContent =
    names.length > 0 ? word("files_chosen") + [...names, ...more].join(", ") : "";
}

async function takeFiles(files) {
  if (files.length === 0) {
    return;
  }
  state.files = files;
  await check();
  leadTo("result");
}

// Where to look next; but what somebody, or a scanner, types meanwhile must not end somewhere else.
function leadTo(id) {
  if (!document.activeElement.matches("input[type=text], textarea")) {
    byId(id).focus();
  }
}

// Under the name that a file has inside its folder; what lies deeper is no file of a bundle.
function named(file) {
  const path = file.webkitRelativePath || file.name;
  const name = file.webkitRelativePath ? path.slice(path.indexOf("/") + 1) : path;
  return { name, size: file.size, arrayBuffer: () => file.arrayBuffer() };
}

async function droppedFiles(transfer, most = MOST_SHOWN_FILES) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.some((entry) => entry === null) || !entries.some((entry) => entry.isDirectory)) {
    return [...transfer.files].map(named);
  }
  const found = [];
  for (const entry of entries) {
    found.push(...(entry.isDirectory ? await filesInside(entry, most) : [await fileOf(entry)]));
  }
  return found;
}

async function filesInside(folder, most) {
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    const entries = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (entries.length === 0 || found.length > most) {
      return found;
    }
    for (const entry of entries) {
      found.push(await fileOf(entry));
    }
  }
}

// A folder where a file should be, or what cannot be opened, keeps its name and is refused by it.
async function fileOf(entry) {
  const nothing = { name: `${entry.name}/`, size: 0, arrayBuffer: () => Promise.reject(new Error()) };
  if (!entry.isFile) {
    return nothing;
  }
  return new Promise((resolve) => entry.file((file) => resolve(named(file)), () => resolve(nothing)));
}

// --- the verdict ---------------------------------------------------------------------------------

// A verdict stands no longer than what it was based on.
function forget() {
  state.turn += 1;
  state.report = null;
  draw();
}

async function check() {
  forget();
  const { turn, files } = state;
  const report = files.length === 0 ? null : await verifyTogether(bundlesOf(files), trust());
  if (turn === state.turn) {
    state.report = report;
    draw();
    reconsiderPallet();
    await checkTheCode();
  }
}

// Whom the person trusts, and what is allowed, as it stands now.
function trust() {
  const { root, revoked } = state;
  return {
    rootPem: root === null ? null : root.pem,
    rootLearned: howLearned() === "otherwise",
    allowPractice: byId("allow-practice").checked,
    now: Date.now(),
    revoked,
  };
}

// Several archives are several documents, each about the first or the other way round.
function bundlesOf(files) {
  const archives = files.every(({ name }) => name.toLowerCase().endsWith(".zip"));
  return archives ? files.map((file) => [file]) : [files];
}

function drawReport() {
  const { report, files } = state;
  byId("result").hidden = files.length === 0;
  const parts = report === null ? [element("p", "", word("checking"))] : reportParts(report);
  byId("verdict").replaceChildren(...parts);
}

function reportParts(report) {
  const parts = report.accepted ? acceptedParts(report) : refusedParts(report);
  const pdf = report.hasPdf || state.files.some(({ name }) => name.toLowerCase().endsWith(".pdf"));
  if (pdf) {
    parts.push(element("p", "note", word("pdf_not_read")));
  }
  if (report.hasTimestamp) {
    parts.push(element("p", "note", word("time_not_read")));
  }
  parts.push(element("h2", "", word("steps_head")), stepList(report.steps));
  if (report.accepted) {
    parts.push(wholeDocument(report.statement));
  }
  return parts;
}

// What to compare comes first, before any colour.
function acceptedParts(report) {
  const [headline, ...lines] = report.lines;
  return [
    element("p", "compare", say(report.compare)),
    element("p", `headline ${colourOf(report)}`, say(headline)),
    ...lines.map((line) => element("p", "", say(line))),
    ...trustParts(),
  ];
}

function refusedParts(report) {
  return [
    element("p", "headline bad", say(DATA.no_claim)),
    element("p", "", say(report.message)),
    element("p", "", say(report.hint)),
    ...trustParts(),
  ];
}

// Green is for an erasure, signed by whom the person knows; practice is no erasure of anything.
function colourOf({ status, statement }) {
  if (status === "not-erased" || status === "void") {
    return "bad";
  }
  return status === "erased" && !statement.practice ? "good" : "note";
}

function trustParts() {
  const { root } = state;
  if (root === null) {
    return [element("p", "", word("trusted_none"))];
  }
  return [
    element("p", "", word(`trusted_${howLearned()}`), root.name),
    element("p", "fingerprint", root.fingerprint),
  ];
}

function stepList(steps, layers = DATA.layers) {
  const names = { "✓": "mark_passed", "–": "mark_left_out", "?": "mark_unknown", "✗": "mark_refused" };
  const items = steps.map(({ code, mark }) => {
    const number = layers.findIndex((layer) => layer.code === code);
    const unread = code === "pdf" || code === "time";
    const name = unread ? word(`${code}_step`) : say(layers[number]);
    return element("li", "", `${mark} ${number + 1}. ${name} · ${word(names[mark])}`);
  });
  return element("ol", "steps", ...items);
}

function wholeDocument(statement) {
  const text = JSON.stringify(statement, null, 2);
  const safe = Array.from(text, (c) => (c !== "\n" && isInvisible(c) ? escapedOf(c) : c)).join("");
  const summary = element("summary", "", word("content_head"));
  return element("details", "", summary, element("pre", "", safe));
}

// --- what the person does ------------------------------------------------------------------------

function otherTheme() {
  const { theme } = document.documentElement.dataset;
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "light" : "dark";
}

function otherLanguage() {
  state.language = state.language === "zh" ? "en" : "zh";
  draw();
}

// Each choice starts afresh: the same file may be chosen again after it was changed.
function onChosen(id, take) {
  const input = byId(id);
  input.addEventListener("change", async () => {
    const files = [...input.files];
    await take(files);
    input.value = "";
  });
}

// A keyboard ends what it types with Enter, and so does a scanner that is a keyboard.
function onEnter(id, take) {
  byId(id).addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.value.trim() !== "") {
      event.preventDefault();
      take(event.target.value);
    }
  });
}

function onDropped(id, take) {
  const place = byId(id);
  place.addEventListener("dragover", () => place.classList.add("dropping"));
  place.addEventListener("dragleave", () => place.classList.remove("dropping"));
  place.addEventListener("drop", (event) => {
    place.classList.remove("dropping");
    void take(event.dataTransfer);
  });
}

// What is dropped beside a place must not take the page's own place.
for (const name of ["dragover", "drop"]) {
  document.addEventListener(name, (event) => event.preventDefault());
}
byId("language").addEventListener("click", otherLanguage);
byId("theme").addEventListener("click", otherTheme);
onChosen("root-file", ([file]) => takeRootFile(file));
onChosen("list-files", takeList);
onChosen("files-input", (files) => takeFiles(files.map(named)));
onChosen("folder-input", (files) => takeFiles(files.map(named)));
onDropped("root", (transfer) => takeRootFile(transfer.files[0]));
onDropped("files", async (transfer) => takeFiles(await droppedFiles(transfer)));
byId("root-text").addEventListener("input", (event) => takeRootText(event.target.value));
byId("learned").addEventListener("change", check);
byId("allow-practice").addEventListener("change", check);
