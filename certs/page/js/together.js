// Documents that are about another one, given together with it; as certs/together.py, but for
// assessors under a root of their own, whom this page does not know.

const LEAD_LINES = 1; // the headline: what is left is what a document says

// bundles: the files of each, in any order. The report is of the one that all others are about,
// and says which of them that is (`place`).
async function verifyTogether(bundles, options) {
  const reports = [];
  for (const files of bundles) {
    reports.push(await verify(files, options));
  }
  const bad = reports.find(({ accepted }) => !accepted);
  if (bad !== undefined || reports.length === 1) {
    return { ...(bad ?? reports[0]), place: 0 };
  }
  const place = reports.findIndex((one) =>
    reports.every((other) => other === one || isAboutReport(other, one)),
  );
  return place < 0
    ? unrelated(reports)
    : { ...withOthers(reports[place], reports.filter((_, at) => at !== place)), place };
}

function isAboutReport({ statement: { about } }, { statement, digest }) {
  return (
    about !== undefined &&
    about.document === statement.id &&
    about.document_sha256 === digest &&
    about.type === statement.type
  );
}

function unrelated([{ hasPdf }]) {
  const { together_unrelated, together_hint } = DATA.words;
  const steps = [{ code: "binding", mark: MARKS.refused }];
  const refusal = { accepted: false, layer: "binding", status: "none", steps, hasPdf };
  return { ...refusal, message: together_unrelated, hint: together_hint };
}

function withOthers(main, others) {
  const corrections = others.map(({ statement }) => statement).filter(({ type }) => type === "correction");
  const [headline, ...lines] = main.lines;
  const added = others.flatMap((other) => other.lines.slice(LEAD_LINES));
  if (corrections.length === 0 || main.status === "signer-unknown") {
    return { ...main, lines: [headline, ...added, ...lines] };
  }
  const status = corrections.some((each) => Object.hasOwn(each, "void")) ? "void" : "superseded";
  return { ...main, status, lines: [DATA.sentences[status], ...added, ...lines] };
}
