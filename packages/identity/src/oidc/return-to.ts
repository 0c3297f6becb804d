const HERE = 'https://hub.invalid';

/**
 * The place inside the hub a visitor goes on to after signing in. Anything else (another host, `//host`, `/\host`, `javascript:`) becomes the fallback: a sign-in
 * page that leads elsewhere is a phisher's.
 */
export function safeReturnTo(given: unknown, fallback: string): string {
  if (typeof given !== 'string' || given.length > 2000 || !/^\/(?![/\\])[^\p{Cc}\s\\]*$/u.test(given)) return fallback;
  const url = URL.canParse(given, HERE) ? new URL(given, HERE) : undefined;
  if (url?.origin !== HERE || url.pathname.startsWith('//')) return fallback;
  return `${url.pathname}${url.search}${url.hash}`;
}
