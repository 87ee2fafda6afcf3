// The end of the script: everything is named, so the page may begin.

// For tests and other people's pages: the checks without the screen.
window.verifyBundle = verify;
window.verifyTogether = verifyTogether;
window.checkCode = checkCode;
draw();
