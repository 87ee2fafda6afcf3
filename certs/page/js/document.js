// Documents of all types but a drive's: their rules and their lines, both data in DATA; as
// certs/formats/rules.py and facts.py.

// Each place that a path means, with what stands there.
function valuesAt(statement, path) {
  let found = [["", statement]];
  for (const name of path.replaceAll("[]", ".[]").split(".")) {
    found = found.flatMap(([place, value]) => inside(place, value, name));
  }
  return found;
}

function inside(place, value, name) {
  if (name === "[]") {
    return value.map((item, number) => [`${place}[${number}]`, item]);
  }
  return Object.hasOwn(value, name) ? [[place ? `${place}.${name}` : name, value[name]]] : [];
}

function valueAt(statement, path) {
  return valuesAt(statement, path)[0][1];
}

function stands(statement, path) {
  return valuesAt(statement, path).length > 0;
}

// The item of a list that a place lies in; empty where in none.
function itemOf(place) {
  return place.slice(0, place.lastIndexOf("]") + 1);
}

// Whether something holds of a statement: one of some values stands there, or anything but 0.
function holds(statement, { path, values }) {
  const fits = values.length > 0 ? (value) => values.includes(value) : (value) => value !== 0;
  return valuesAt(statement, path).some(([, value]) => fits(value));
}

const RULES = {
  StandsWhere(statement, { path, given, values, elsewhere }) {
    const there = stands(statement, path);
    const belongs = values.includes(valueAt(statement, given));
    if (there && !belongs && !elsewhere) {
      const allowed = values.join(" | ");
      const en = `belongs only where ${given} is ${allowed}`;
      refuseField(path, `只在 ${given} 是 ${allowed} 时才有`, en);
    }
    if (belongs && !there) {
      refuseField(path, "缺少这个字段", "missing");
    }
  },
  ExactlyOne(statement, { paths }) {
    if (paths.filter((path) => stands(statement, path)).length !== 1) {
      const names = paths.join(" | ");
      refuseField(paths[0], `要有其中一个：${names}`, `expected exactly one of: ${names}`);
    }
  },
  Differ(statement, { path, other }) {
    const others = new Map(valuesAt(statement, other).map(([place, value]) => [itemOf(place), value]));
    for (const [place, value] of valuesAt(statement, path)) {
      if (others.has(itemOf(place)) && others.get(itemOf(place)) === value) {
        refuseField(place, `和 ${other} 相同`, `the same as ${other}`);
      }
    }
  },
  NoneTwice(statement, { path }) {
    const seen = new Set();
    for (const [place, value] of valuesAt(statement, path)) {
      if (seen.has(value)) {
        refuseField(place, "出现了两次", "there twice");
      }
      seen.add(value);
    }
  },
  NotEmpty(statement, { path }) {
    for (const [place, value] of valuesAt(statement, path)) {
      if (value.length === 0) {
        refuseField(place, "是空的", "empty");
      }
    }
  },
  OnceAmong(statement, { paths }) {
    const seen = new Set();
    for (const [place, value] of paths.flatMap((path) => valuesAt(statement, path))) {
      if (seen.has(value)) {
        refuseField(place, "出现了两次", "there twice");
      }
      seen.add(value);
    }
  },
  CountOf(statement, { path, of }) {
    if (valueAt(statement, path) !== valueAt(statement, of).length) {
      refuseField(path, `和 ${of} 的项数不符`, `not the number of items of ${of}`);
    }
  },
  SumOf(statement, { path, of }) {
    if (valueAt(statement, path) !== of.reduce((sum, each) => sum + valueAt(statement, each), 0)) {
      const names = of.join(" + ");
      refuseField(path, `不等于 ${names}`, `not ${names}`);
    }
  },
  ShortCodeOf(statement, { path, digest }) {
    const digests = new Map(valuesAt(statement, digest).map(([place, value]) => [itemOf(place), value]));
    for (const [place, value] of valuesAt(statement, path)) {
      if (value !== shortCodeOf(digests.get(itemOf(place)))) {
        refuseField(place, `不是 ${digest} 的短码`, `not the short code of ${digest}`);
      }
    }
  },
  Length(statement, { path, least, most, given }) {
    const count = valueAt(statement, path).length;
    if (given.every((each) => holds(statement, each)) && !(least <= count && count <= most)) {
      refuseField(path, `应有 ${least} - ${most} 项`, `expected ${least} - ${most} items`);
    }
  },
  Beside(statement, { path, other }) {
    const others = new Set(valuesAt(statement, other).map(([place]) => itemOf(place)));
    for (const [place] of valuesAt(statement, path)) {
      if (!others.has(itemOf(place))) {
        refuseField(place, `要有 ${other}`, `needs ${other}`);
      }
    }
  },
  Ascending(statement, { first, items, names, last }) {
    const between = valuesAt(statement, `${items}[]`).flatMap(([place, item]) =>
      names.filter((name) => Object.hasOwn(item, name)).map((name) => [`${place}.${name}`, item[name]]),
    );
    let earlier = valueAt(statement, first);
    for (const [place, time] of [...between, [last, valueAt(statement, last)]]) {
      if (time < earlier) {
        refuseField(place, "次序不对", "before what came before it");
      }
      earlier = time;
    }
  },
  KindsAmong(statement, { path, kinds, least }) {
    const known = valuesAt(statement, path).filter(([, value]) => Object.hasOwn(kinds, value));
    if (new Set(known.map(([, value]) => kinds[value])).size < least) {
      refuseField(path, `少于 ${least} 种互不相干的证据`, `fewer than ${least} kinds`);
    }
  },
  Needs(statement, { given, one_of: oneOf }) {
    const wanted = given.every((each) => holds(statement, each));
    if (wanted && !oneOf.some((each) => holds(statement, each))) {
      const named = oneOf.map(({ path, values }) => `${path} = ${values.join(", ") || "not 0"}`).join(" | ");
      refuseField(oneOf[0].path, `应为：${named}`, `expected: ${named}`);
    }
  },
  InOrder(statement, { earlier, later }) {
    if (valueAt(statement, earlier) > valueAt(statement, later)) {
      refuseField(earlier, `比 ${later} 还晚`, `after ${later}`);
    }
  },
};

function checkDocumentRules(statement) {
  for (const rule of formatOf(statement).rules) {
    RULES[rule.rule](statement, rule);
  }
}

// --- lines ---------------------------------------------------------------------------------------

const MOST_SHOWN = 400;
const MOST_ITEMS = 20;

function factLines(statement, facts) {
  return facts
    .map((fact) => ({ fact, found: valuesAt(statement, fact.path).map(([, value]) => value) }))
    .filter(({ found }) => found.length > 0)
    .map(({ fact, found }) => factLine(fact, found));
}

function factLine(fact, found) {
  let texts = found.slice(0, MOST_ITEMS).map((value) => writtenOf(fact, value));
  if (found.length > 1) {
    texts = texts.map(({ zh, en }) => ({ zh: zh.replace(/。$/, ""), en: en.replace(/\.$/, "") }));
  }
  const more = found.length > MOST_ITEMS ? "…" : "";
  const between = texts.every(({ zh, en }) => zh === en) ? "; " : "；";
  return {
    zh: `${fact.label.zh}：${texts.map(({ zh }) => zh).join(between)}${more}`,
    en: `${fact.label.en}: ${texts.map(({ en }) => en).join("; ")}${more}`,
  };
}

function writtenOf({ form, parts, words }, value) {
  const same = (text) => ({ zh: text, en: text });
  if (form === "both") {
    return { zh: shown(value.zh, MOST_SHOWN), en: shown(value.en, MOST_SHOWN) };
  }
  if (form === "price") {
    return same(priceOf(value));
  }
  if (parts) {
    return same(parts.replace(/\{(\w+)\}/g, (_, name) => plainOf(value[name])));
  }
  if (typeof value === "boolean") {
    return value ? { zh: "是", en: "yes" } : { zh: "否", en: "no" };
  }
  return Object.hasOwn(words, value) ? words[value] : same(plainOf(value));
}

function plainOf(value) {
  return typeof value === "number" ? grouped(value) : shown(value, MOST_SHOWN);
}

function priceOf({ minor_units: minorUnits, decimals, currency }) {
  const digits = String(minorUnits).padStart(decimals + 1, "0");
  const [whole, part] = [digits.slice(0, digits.length - decimals), digits.slice(digits.length - decimals)];
  return part ? `${whole}.${part} ${currency}` : `${whole} ${currency}`;
}
