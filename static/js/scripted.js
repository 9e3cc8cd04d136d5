// Runs before anything is painted, so that what is folded or hidden where script runs never shows for a moment.
document.documentElement.classList.add("scripted");
