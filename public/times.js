// Writes the moments of a page in the reader's zone. The page can be read without it: then they are UTC.
function writeTimes() {
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  for (const time of document.querySelectorAll('time[datetime]')) time.textContent = words.format(new Date(time.dateTime));
}
writeTimes();
