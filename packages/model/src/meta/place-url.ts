/** What is wrong with a URL that names a place and nothing else: credentials in it would show in every list. Empty when nothing is. */
export function placeUrlProblems(text: string, example: string): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) return [`must be a URL with a host, such as ${example}`];
  return [
    ...(url.username || url.password ? ['must not hold a user name or password'] : []),
    ...(url.search || url.hash ? ['must not have a query or fragment'] : []),
    ...(/\s/.test(text) ? ['must not hold spaces'] : []),
  ];
}
