// Hold to begin: the daemon draws a confirmation when the button goes down, and takes it when the
// button was held for as long as it asked. Letting go, leaving or losing the window cancels; so does
// news that takes the button away. The form says where to ask (data-hold, data-begin); its fields
// and the confirmation's go with it.
"use strict";

import { Refusal, ask, fieldsOf } from "./asking.js";

let press = null; // one object per press, so that a late answer finds itself forgotten

function show(form, message, label, ratio) {
  form.querySelector(".hold progress").value = ratio;
  form.querySelector(".hold span").textContent = label;
  form.querySelector(".said").textContent = message;
}

function rest(mine, message) {
  press = null;
  mine.button.classList.remove("going");
  show(mine.form, message, mine.idle, 0);
}

function until(mine, ms) {
  const begun = performance.now();
  const ring = mine.form.querySelector(".hold progress");
  return new Promise((held) => {
    const step = (now) => {
      if (press === mine && !mine.button.isConnected) rest(mine, "");
      if (press !== mine) return held(false);
      ring.value = Math.min(1, (now - begun) / ms);
      if (now - begun >= ms) return held(true);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

async function down(button) {
  if (press !== null) return;
  const form = button.form;
  const mine = { button, form, idle: button.querySelector("span").textContent };
  press = mine;
  show(form, "", form.dataset.going, 0);
  button.classList.add("going");
  try {
    const fields = fieldsOf(form); // what was shown when the finger came down
    const held = await ask(form.dataset.hold, fields);
    if (press !== mine || !(await until(mine, held.hold_s * 1000))) return;
    button.querySelector("span").textContent = form.dataset.starting;
    mine.decided = true;
    for (const [name, value] of Object.entries(held)) fields.set(name, value);
    const started = await ask(form.dataset.begin, fields);
    location.assign(started.next);
  } catch (error) {
    if (press === mine) rest(mine, error instanceof Refusal ? error.message : form.dataset.away);
  }
}

function up() {
  if (press !== null && !press.decided) rest(press, "");
}

function listen(button) {
  button.addEventListener("pointerdown", (event) => {
    if (event.button === 0) down(button);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave", "blur"]) {
    button.addEventListener(end, up);
  }
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) down(button);
  });
  button.addEventListener("keyup", up);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.disabled = false; // a press before this point would have been heard by nobody
}

function listenToNew() {
  for (const button of document.querySelectorAll("button.hold:disabled")) listen(button);
}

window.addEventListener("pagehide", up);
new MutationObserver(listenToNew).observe(document.body, { childList: true, subtree: true });
listenToNew();
