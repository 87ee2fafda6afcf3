// The end of the script: everything is named, so the page may begin.

// For tests and other people's pages: the checks without the screen.
window.verifyBundle = verify;
window.verifyTogether = verifyTogether;
window.checkCode = checkCode;
window.scanPallet = (number, manifest, listed, events) => {
  const begun = { pallet: { number, manifest, listed: new Map(listed.map((item) => [item.code, item])) }, scans: [] };
  const step = (state, text) => (text === null ? undoScan(state)[0] : scanLabel(state, text)[0]);
  const ended = events.reduce(step, begun);
  return { answers: ended.scans.map(({ answer }) => answer), found: foundOf(ended), whole: isWhole(foundOf(ended)) };
};
draw();
