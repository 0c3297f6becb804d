// Runs before the first paint: nobody who chose a theme sees the other one flash.
try {
  const theme = localStorage.getItem('slipway.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme;
} catch {
  // No storage: the system's theme.
}
