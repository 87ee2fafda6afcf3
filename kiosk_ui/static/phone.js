// A phone's page: answers without leaving it, clocks that run, and the photo of the setup screen.
"use strict";

import { Refusal, ask, fieldsOf } from "./asking.js";

const LONGEST_PX = 1280;
const QUALITY = 0.85; // of so many pixels even noise stays far below what the daemon takes

function say(form, message, good = false) {
  const said = form.querySelector(".said");
  said.textContent = message;
  said.classList.toggle("well", good);
  if (message) said.scrollIntoView({ block: "nearest" });
}

async function saying(form, act) {
  const focused = document.activeElement;
  const buttons = [...form.querySelectorAll("button:not(:disabled)")];
  for (const button of buttons) button.disabled = true;
  say(form, "");
  try {
    const told = await act();
    if (told.next) location.assign(told.next);
    return true;
  } catch (error) {
    say(form, error instanceof Refusal ? error.message : form.dataset.away);
    return false;
  } finally {
    for (const button of buttons) button.disabled = false;
    if (document.activeElement === document.body) focused.focus(); // a disabled button loses it
  }
}

// --- answers ------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form.live")) return;
  event.preventDefault();
  const button = event.submitter;
  const path = button?.getAttribute("formaction") ?? form.getAttribute("action");
  saying(form, () => ask(path, fieldsOf(form, button)));
});

// Enter in a field would press the first button of its form, whatever that does.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("form.live input")) event.preventDefault();
});

// --- clocks -------------------------------------------------------------------------------------

function shown(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  for (const clock of document.querySelectorAll("time.clock")) {
    const seconds = Number(clock.dataset.seconds) + 1; // news set it right
    clock.dataset.seconds = seconds;
    clock.textContent = shown(seconds);
  }
  for (const bar of document.querySelectorAll("progress.waits[value]")) {
    bar.value = Math.min(bar.max, bar.value + 1);
  }
}

setInterval(tick, 1000);

// --- photo --------------------------------------------------------------------------------------

async function drawn(file, canvas) {
  const picture = await createImageBitmap(file);
  const ratio = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, Math.round(picture.width * ratio));
  canvas.height = Math.max(1, Math.round(picture.height * ratio));
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
}

function packed(canvas) {
  return new Promise((done, failed) => {
    const taken = (jpeg) => (jpeg === null ? failed(new Error("no JPEG")) : done(jpeg));
    canvas.toBlob(taken, "image/jpeg", QUALITY);
  });
}

async function send(form, file) {
  const canvas = form.querySelector("canvas");
  canvas.hidden = true;
  let jpeg = null;
  try {
    await drawn(file, canvas);
    jpeg = await packed(canvas);
  } catch {
    say(form, form.dataset.noPicture);
    return;
  }
  canvas.hidden = false;
  const headers = { "content-type": "image/jpeg", "x-token": form.elements.token.value };
  if (await saying(form, () => ask(form.getAttribute("action"), jpeg, headers))) {
    say(form, form.dataset.taken, true);
  }
}

document.addEventListener("change", (event) => {
  const input = event.target;
  if (!input.matches("form.photo input[type=file]") || input.files.length === 0) return;
  send(input.form, input.files[0]);
  input.value = ""; // the same file may be chosen again
});

// Only where a browser can call a camera from a file field does it know of `capture`.
if (!("capture" in HTMLInputElement.prototype)) document.body.classList.add("no-camera");
