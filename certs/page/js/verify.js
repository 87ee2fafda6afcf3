// Whether a stranger may believe a bundle: the numbered plan of certs/verify.py, step by step,
// without the PDF and the time stamp, which are never looked at here.

const CLOCK_TOLERANCE_MS = 24 * 60 * 60 * 1000;
const MARKS = { passed: "✓", leftOut: "–", unknown: "?", refused: "✗" };

const BINDING_HINT = {
  zh: "不要相信这份文件，请向出具方核实。",
  en: "Do not trust this document; ask the issuer.",
};
const refuseBinding = refusing("binding", "内容和签名方或文件名不符", "Wrongly bound", BINDING_HINT);

function isRootLearned({ rootPem, rootLearned }) {
  return rootPem !== null && rootLearned;
}

// Checks the files of one bundle and never throws.
//
// files: File objects. options: rootPem (text or null), rootLearned (whether that root came by
// another way than the document), allowPractice, now (ms), revoked ({document, signature,
// versionAtLeast} of a list of revoked keys, or null). Returns {accepted, layer, status,
// message, hint, compare, lines, steps}; steps are the marks of the layers that were reached.
async function verify(files, options) {
  const at = { layer: "bundle", entered: new Set(["bundle"]), bundle: null };
  try {
    return await accepted(files, options, at);
  } catch (error) {
    return refused(error, at, options);
  }
}

async function accepted(files, options, at) {
  const enter = (layer) => {
    at.layer = layer;
    at.entered.add(layer);
  };
  const bundle = await bundleOf(files); // 1
  at.bundle = bundle;
  enter("chain"); // 2
  const chain = await readChain(bundle.chain, options.rootPem);
  enter("signature-encoding"); // 3
  const raw = rawSignature(bundle.signature);
  enter("signature"); // 4
  await checkSignature(chain, raw, bundle.document);
  enter("canonical-json"); // 5
  const statement = decodeJson(bundle.document);
  enter("schema"); // 6
  await checkStatement(statement);
  enter("chain"); // 7
  const issuedAt = timeOf(statement.issued_at);
  checkValidity(chain, issuedAt);
  enter("binding"); // 8
  checkBinding(statement, bundle, chain, issuedAt, options.now);
  enter("log"); // 9
  const logged = await checkLogged(statement, bundle);
  let standing = null; // 11
  if (options.revoked !== null) {
    enter("revocation");
    standing = await checkNotRevoked(options.revoked, options.rootPem, chain, statement.log_key, logged);
  }
  enter("practice"); // 12
  checkPractice(statement, options.allowPractice);
  const verdict = verdictOf(statement, chain, logged, standing, isRootLearned(options)); // 13
  const marks = marksOf(verdict, logged);
  const steps = DATA.layers.map(({ code }) => ({ code, mark: marks[code] ?? markOf(code, at) }));
  const digest = hexOf(await sha256(bundle.document));
  return { accepted: true, layer: "none", steps, digest, ...unread(bundle), ...verdict };
}

function marksOf({ status }, logged) {
  return {
    chain: status === "signer-unknown" ? MARKS.unknown : MARKS.passed,
    log: logged === null ? MARKS.leftOut : logged.signatureChecked ? MARKS.passed : MARKS.unknown,
  };
}

// A layer that this page does not know, or does not look at, was not passed.
function markOf(layer, at) {
  return at.entered.has(layer) ? MARKS.passed : MARKS.leftOut;
}

// A fault of this page is a refusal, too: whatever was not checked to its end is not believed.
function refused(error, at, options) {
  const known = error instanceof Refusal;
  const { page_failed, page_failed_hint, no_crypto } = DATA.words;
  const layer = known ? error.layer : at.layer;
  const reached = DATA.layers.findIndex(({ code }) => code === layer);
  const unlogged = at.bundle !== null && at.bundle.proof === null;
  const marks = {
    ...(isRootLearned(options) ? {} : { chain: MARKS.unknown }),
    ...(unlogged ? { log: MARKS.leftOut } : {}),
  };
  const steps = DATA.layers
    .slice(0, reached)
    .map(({ code }) => ({ code, mark: marks[code] ?? markOf(code, at) }));
  return {
    accepted: false,
    layer,
    status: "none",
    message: known ? error.text : page_failed,
    hint: known ? error.hint : crypto.subtle === undefined ? no_crypto : page_failed_hint,
    steps: [...steps, { code: layer, mark: MARKS.refused }],
    ...unread(at.bundle),
  };
}

// What lies there and was not looked at.
function unread(bundle) {
  return {
    hasPdf: bundle !== null && bundle.hasPdf,
    hasTimestamp: bundle !== null && bundle.hasTimestamp,
  };
}

async function checkSignature(chain, raw, document) {
  if (!(await fits(chain.key, raw, document))) {
    const message = {
      zh: "签名和内容对不上：内容或签名被改过。",
      en: "The signature does not fit the content: one of them was altered.",
    };
    refuseAt("signature", message, CHAIN_HINT);
  }
}

function checkBinding(statement, bundle, chain, issuedAt, now) {
  if (statement.key_id !== chain.keyId) {
    refuseBinding("写的是另一把密钥", "it names another key");
  }
  if (statement.type !== bundle.kind.type) {
    refuseBinding("文件名和内容的种类不同", "its file name says another kind of document");
  }
  if (statement.practice !== chain.practice) {
    refuseBinding("练习标记和根证书不符", "its practice flag contradicts the root");
  }
  if (issuedAt > now + CLOCK_TOLERANCE_MS) {
    refuseBinding("签发时间在将来", "it was signed in the future");
  }
}

function checkPractice(statement, allowPractice) {
  if (statement.practice && !allowPractice) {
    refuseAt("practice", DATA.words.practice_refused, DATA.words.practice_hint);
  }
}
