// What the page's scripts share: asking the kiosk, and being told no.
"use strict";

/** The station's refusal, as a sentence for people. */
export class Refusal extends Error {}

/**
 * Post a form's fields, or a body with the token in a header; return what was answered.
 *
 * @throws {Refusal} the kiosk or the daemon said no.
 * @throws {Error} nobody answered.
 */
export async function ask(path, body, headers = {}) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { accept: "application/json", ...headers },
    body,
  });
  const told = await answer.json();
  if (!answer.ok) throw new Refusal(`${told.message} ${told.hint}`);
  return told;
}

/** Return the fields of a form, as if a button of it had been pressed. */
export function fieldsOf(form, button = null) {
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.append(button.name, button.value);
  return fields;
}
