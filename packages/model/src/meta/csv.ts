/** RFC 4180, with the line ends of all other output: terminals are not sent carriage returns. A cell that a spreadsheet would take for a formula is made text: what somebody named an object must not run on another's machine. */
export function csvText(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(',')).join('\n');
}
