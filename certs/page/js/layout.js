// What a bundle consists of: names, limits, kinds of document; as certs/layout.py.

const refuseBundle = refusing("bundle", "文件夹不对", "Not a bundle", {
  zh: "请让出具方重新给一份完整的文件夹，不要改名、增减文件。",
  en: "Ask the issuer for the whole folder again; do not rename, add or remove files.",
});

// Reads the files of one bundle: each a File, or the .zip alone. Sizes come before bytes.
async function bundleOf(given) {
  const zip = given.length === 1 && given[0].name.toLowerCase().endsWith(".zip");
  if (zip && given[0].size > DATA.most_zip_bytes) {
    refuseBundle("zip 太大", "the .zip is too large");
  }
  const files = zip ? unzipped(await bytesIn(given[0])) : given;
  const kind = kindOfNames(files.map((file) => file.name));
  const limits = { ...kind.required, ...kind.optional };
  for (const file of files) {
    if (file.size > limits[file.name]) {
      refuseBundle(`${file.name} 太大`, `${file.name} is too large`);
    }
  }
  const read = async (name) => {
    const file = files.find((each) => each.name === name);
    return file === undefined ? null : bytesIn(file);
  };
  return {
    kind,
    document: await read(kind.document),
    signature: await read(kind.signature),
    chain: latin1Of(await read(DATA.chain_name)),
    proof: await read(kind.proof),
    hasPdf: files.some((file) => file.name === kind.pdf),
    hasTimestamp: files.some((file) => file.name === kind.timestamp),
  };
}

async function bytesIn(file) {
  const bytes = await file.arrayBuffer().catch(() => null);
  if (bytes === null) {
    refuseBundle(`${shown(file.name)} 打不开`, `${shown(file.name)} cannot be opened`);
  }
  return new Uint8Array(bytes);
}

function kindOfNames(names) {
  const found = new Set(names);
  const kind = DATA.documents.find((each) => {
    const rest = names.filter((name) => !Object.hasOwn(each.optional, name));
    const required = Object.keys(each.required);
    return rest.length === required.length && required.every((name) => found.has(name));
  });
  if (kind === undefined || found.size !== names.length) {
    refuseBundle(
      "应该有三个文件：证明、签名和 station.pem，另外最多一份日志证明、一个时间戳、一份 PDF",
      "expected three files: the document, its signature and station.pem; at most its" +
        " .tlog-proof, its .tsr and its PDF beside them",
    );
  }
  return kind;
}

// --- the .zip ------------------------------------------------------------------------------------
// It must be what certs.layout.zipped makes of its files, byte for byte: it is read from its
// beginning, packed again and compared. So nothing is inflated, no name leads anywhere, and nothing
// hides before, between or behind.

const LOCAL_MARK = 0x04034b50;
const CENTRAL_MARK = 0x02014b50;
const END_MARK = 0x06054b50;
const LOCAL_BYTES = 30;
const ZIP_VERSION = 20;
const UTF8_NAME = 0x800;
const EARLIEST_DAY = 0x21; // 1980-01-01
const MADE_ON_UNIX = (3 << 8) | ZIP_VERSION;
const MODE = 0o644 * 2 ** 16;

function unzipped(data) {
  const entries = zipEntries(data);
  if (entries.length === 0) {
    refuseBundle("zip 里的东西不对", "the .zip holds something else");
  }
  const folder = entries[0].path.split("/", 1)[0];
  const files = entries.map(({ path, bytes }) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    size: bytes.length,
    arrayBuffer: async () => bytes,
  }));
  const packed = zipped(folder, entries.map(({ bytes }, at) => ({ name: files[at].name, bytes })));
  if (!sameBytes(packed, data)) {
    refuseBundle("zip 不是我们打包的样子", "the .zip is not packed as we pack");
  }
  return files;
}

function zipEntries(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const entries = [];
  let at = 0;
  while (at + LOCAL_BYTES <= data.length && view.getUint32(at, true) === LOCAL_MARK) {
    const start = at + LOCAL_BYTES + view.getUint16(at + 26, true);
    const path = textOf(data.subarray(at + LOCAL_BYTES, start));
    at = start + view.getUint32(at + 18, true);
    if (path === null || at > data.length) {
      refuseBundle("zip 损坏", "the .zip is damaged");
    }
    entries.push({ path, bytes: data.subarray(start, at) });
    if (entries.length > DATA.most_files) {
      refuseBundle("zip 里的东西不对", "the .zip holds something else");
    }
  }
  return entries;
}

function zipped(folder, files) {
  const locals = [];
  const centrals = [];
  let offset = 0;
  for (const { name, bytes } of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = bytesOf(`${folder}/${name}`);
    const common = zipFields(path, bytes);
    const local = joined(little(LOCAL_MARK, 4), common, path, bytes);
    const tail = joined(little(0, 2), little(0, 2), little(0, 2), little(MODE, 4), little(offset, 4));
    centrals.push(joined(little(CENTRAL_MARK, 4), little(MADE_ON_UNIX, 2), common, tail, path));
    locals.push(local);
    offset += local.length;
  }
  const central = joined(...centrals);
  const count = little(files.length, 2);
  const where = joined(little(central.length, 4), little(offset, 4), little(0, 2));
  return joined(...locals, central, little(END_MARK, 4), little(0, 4), count, count, where);
}

// What the two headers of a file have in common: from the version to the length of extra fields.
function zipFields(path, bytes) {
  return joined(
    little(ZIP_VERSION, 2),
    little(path.some((byte) => byte > 0x7f) ? UTF8_NAME : 0, 2),
    little(0, 2), // stored
    little(0, 2), // midnight
    little(EARLIEST_DAY, 2),
    little(crc32(bytes), 4),
    little(bytes.length, 4),
    little(bytes.length, 4),
    little(path.length, 2),
    little(0, 2),
  );
}

function little(value, size) {
  return Uint8Array.from({ length: size }, (_, at) => Math.floor(value / 2 ** (8 * at)) & 0xff);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value = (value >>> 8) ^ CRC_TABLE[(value ^ byte) & 0xff];
  }
  return (value ^ 0xffffffff) >>> 0;
}
