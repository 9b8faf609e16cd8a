// Runs before the first paint, so that a chosen look does not flash. It is no module: modules wait for the page.
try {
  const chosen = localStorage.getItem('playground-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch { /* no storage, no choice */ }
