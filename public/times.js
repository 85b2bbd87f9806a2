// Writes the moments of a page in the reader's zone; days stay what they are. The page can be read without it: then they are UTC.
function writeTimes() {
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  for (const time of document.querySelectorAll('time[datetime*="T"]')) time.textContent = words.format(new Date(time.dateTime));
}
writeTimes();
