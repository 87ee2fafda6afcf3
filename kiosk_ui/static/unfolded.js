// What somebody unfolded stays so when news come: they do not say what is open.
"use strict";

htmx.registerExtension("unfolded", {
  htmx_before_morph_attr: (element, { attrName }) =>
    !(element instanceof HTMLDetailsElement && attrName === "open"),
});
