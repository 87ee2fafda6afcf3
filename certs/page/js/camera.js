// A camera that reads codes, in browsers that can; nothing of what it sees is kept or sent.

const LOOK_EVERY_MS = 150;

// Whether this browser can read codes off a camera's picture.
async function canReadCodes() {
  if (window.BarcodeDetector === undefined || navigator.mediaDevices === undefined) {
    return false;
  }
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code");
}

// A button, a picture and a line of words, inside one element; `take` is given the text of a code,
// and returns whether to go on looking. The same code counts once until another one was seen.
class Camera {
  constructor(place, take) {
    this.button = place.querySelector("button");
    this.video = place.querySelector("video");
    this.said = place.querySelector("p");
    this.take = take;
    this.stream = null;
    this.turn = 0;
    this.key = null; // of the words that stand below
    this.button.addEventListener("click", () => (this.stream === null ? this.start() : this.stop()));
  }

  async start() {
    this.turn += 1;
    const { turn } = this;
    if (!(await canReadCodes())) {
      this.say("camera_missing");
      return;
    }
    const wanted = { video: { facingMode: "environment" }, audio: false };
    const stream = await navigator.mediaDevices.getUserMedia(wanted).catch(() => null);
    if (stream === null) {
      this.say("camera_refused");
      return;
    }
    Object.assign(this, { stream });
    this.video.srcObject = stream;
    this.video.hidden = false;
    this.say("camera_looking");
    await this.video.play();
    await this.look(new BarcodeDetector({ formats: ["qr_code"] }), turn);
  }

  stop() {
    this.turn += 1;
    for (const track of this.stream?.getTracks() ?? []) {
      track.stop();
    }
    Object.assign(this, { stream: null });
    this.video.srcObject = null;
    this.video.hidden = true;
    this.say(null);
  }

  async look(detector, turn) {
    let last = null;
    while (turn === this.turn) {
      const [code] = await detector.detect(this.video).catch(() => []);
      const text = code?.rawValue ?? null;
      if (turn === this.turn && text !== null && text !== last && !this.take(text)) {
        this.stop();
      }
      last = text ?? last;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  say(key) {
    this.key = key;
    this.draw();
  }

  draw() {
    this.said.textContent = this.key === null ? "" : word(this.key);
    this.button.textContent = word(this.stream === null ? "camera_start" : "camera_stop");
  }
}
