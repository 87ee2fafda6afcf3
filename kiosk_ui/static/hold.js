// Hold to begin: the daemon draws a confirmation when the button goes down, and takes it when the
// button was held for as long as it asked. Letting go, leaving or losing the window cancels.
"use strict";

(() => {
  const form = document.getElementById("hold");
  if (form === null) return;
  const button = form.querySelector("button");
  const ring = form.querySelector("progress");
  const label = form.querySelector("span");
  const said = form.querySelector(".said");
  const idle = label.textContent;
  let press = null; // one object per press, so that a late answer finds itself forgotten

  async function ask(what, fields) {
    const body = new URLSearchParams({ token: form.elements.token.value, ...fields });
    const answer = await fetch(`/devices/${form.dataset.device}/${what}`, {
      method: "POST",
      headers: { accept: "application/json" },
      body,
    });
    const told = await answer.json();
    if (!answer.ok) throw new Refusal(`${told.message} ${told.hint}`);
    return told;
  }

  class Refusal extends Error {}

  function rest(message) {
    press = null;
    ring.value = 0;
    label.textContent = idle;
    button.classList.remove("going");
    said.textContent = message;
  }

  function until(mine, ms) {
    const begun = performance.now();
    return new Promise((held) => {
      const step = (now) => {
        if (press !== mine) return held(false);
        ring.value = Math.min(1, (now - begun) / ms);
        if (now - begun >= ms) return held(true);
        requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    });
  }

  async function down() {
    if (press !== null) return;
    const mine = {};
    press = mine;
    said.textContent = "";
    label.textContent = form.dataset.going;
    button.classList.add("going");
    try {
      const held = await ask("hold", { plan_sha256: form.elements.plan_sha256.value });
      if (press !== mine || !(await until(mine, held.hold_s * 1000))) return;
      label.textContent = form.dataset.starting;
      mine.decided = true;
      const { confirmation, diskseq, plan_sha256 } = held;
      const started = await ask("wipe", { confirmation, diskseq, plan_sha256 });
      location.assign(started.next);
    } catch (error) {
      if (press === mine) rest(error instanceof Refusal ? error.message : form.dataset.away);
    }
  }

  function up() {
    if (press !== null && !press.decided) rest("");
  }

  button.addEventListener("pointerdown", (event) => {
    if (event.button === 0) down();
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave", "blur"]) {
    button.addEventListener(end, up);
  }
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) down();
  });
  button.addEventListener("keyup", up);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  window.addEventListener("pagehide", up);
  button.disabled = false; // a press before this point would have been heard by nobody
})();
