/** Each connection has two ends; what remains is for listeners, maps and logs. */
const RESERVED = 200;

/**
 * How many connections of those wanted this process may hold, by its limit of open files (the text of /proc/self/limits). Pure. HAProxy refuses to start with more, and a
 * container's limit is its node's affair.
 */
export function affordableConnections(wanted: number, limits: string): number {
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (hard === undefined || hard === 'unlimited') return wanted;
  return Math.max(50, Math.min(wanted, Math.floor((Number(hard) - RESERVED) / 2)));
}
