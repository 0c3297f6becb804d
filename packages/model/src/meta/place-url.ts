/** What is wrong with a URL that names a place and nothing else: credentials in it would show in every list. Empty when nothing is. */
export function placeUrlProblems(text: string, example: string): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) return [`must be a URL with a host, such as ${example}`];
  return [
    ...(url.username || url.password ? ['must not hold a user name or password'] : []),
    ...(url.search || url.hash ? ['must not have a query or fragment'] : []),
    // The parser of URLs leaves tabs and ends of lines out, and takes a backslash for a slash: what was read would not be what is used.
    ...(/[\s\p{Cc}\\]/u.test(text) ? ['must not hold spaces, control characters or backslashes'] : []),
    ...(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]/i.test(text) ? [] : ['must begin with a scheme and two slashes']),
  ];
}
