// From a signer's certificate to a root; as certs/chain.py.

const PEM =
  /-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END CERTIFICATE-----(?:\r?\n|$)/y;

// Arguments are PEM; the root is null where none is known.
async function readChain(chainPem, rootPem) {
  const links = [];
  for (const der of splitPem(chainPem, DATA.chain_name, DATA.most_certificates)) {
    links.push(await readLink(der));
  }
  const roots = rootPem === null ? [] : [await readRoot(rootPem)];
  const issuers = [...links, ...roots].slice(1);
  checkSigner(links[0]);
  issuers.forEach(checkIssuer);
  for (const [at, issuer] of issuers.entries()) {
    await checkIssued(links[at], issuer);
  }
  if (links.some((link) => sameName(link.issuerName, link.subjectName))) {
    refuseChain("文件自带根证书", "the document brings a root of its own");
  }
  const everything = [...links, ...roots];
  const keyIds = await Promise.all(links.map(async ({ spki }) => hexOf(await sha256(spki))));
  return {
    key: links[0].key,
    keyId: keyIds[0],
    issuerKeyIds: keyIds.slice(1),
    signerName: links[0].name,
    practice: isPracticeName(links.at(-1).issuerName),
    rootKnown: roots.length > 0,
    notBefore: Math.max(...everything.map((link) => link.notBefore)),
    notAfter: Math.min(...everything.map((link) => link.notAfter)),
  };
}

async function readRoot(pem) {
  return readLink(splitPem(pem, "root", 1)[0]);
}

function splitPem(pem, name, most) {
  const blocks = [];
  PEM.lastIndex = 0;
  let end = 0;
  for (let match; end < pem.length && blocks.length < most && (match = PEM.exec(pem)); ) {
    const der = base64Of(match[1].replace(/[\r\n]/g, ""));
    if (der === null) {
      refuseChain("PEM 内容损坏", "damaged PEM");
    }
    blocks.push(der);
    end = PEM.lastIndex;
  }
  if (blocks.length === 0 || end < pem.length) {
    refuseChain(
      `${name} 应该只有 1 到 ${most} 张 PEM 证书`,
      `${name} must hold 1 to ${most} PEM certificates and nothing else`,
    );
  }
  return blocks;
}

function checkSigner(link) {
  if (link.isAuthority) {
    refuseChain("签名证书是一张 CA 证书", "the signer's certificate is an authority's");
  }
  if (!link.signsDocuments) {
    refuseChain("签名证书不能用来签文件", "the signer's certificate may not sign documents");
  }
}

function checkIssuer(link, intermediatesBelow) {
  if (!link.isAuthority || !link.signsCertificates) {
    refuseChain("上级证书无权签发证书", "an issuer that may not issue certificates");
  }
  if (link.pathLength !== null && link.pathLength < intermediatesBelow) {
    refuseChain("证书链太长", "a chain longer than an issuer allows");
  }
}

async function checkIssued(subject, issuer) {
  const named = sameBytes(subject.issuer, issuer.subject) && subject.innerAlgorithm === subject.algorithm;
  const raw = issuedSignature(subject.signature);
  if (!named || raw === null || !(await fits(issuer.key, raw, subject.body))) {
    refuseChain(
      "证书不是由给定的上级或根签发的",
      "a certificate was not issued by the next one or by your root",
    );
  }
}

function issuedSignature(signature) {
  try {
    return rawSignature(signature);
  } catch {
    return null;
  }
}

function checkValidity(chain, at) {
  if (at < chain.notBefore || at > chain.notAfter) {
    refuseChain(
      "签发时，签名方的证书不在有效期内",
      "a certificate of the chain was not valid at the time of signing",
    );
  }
}
