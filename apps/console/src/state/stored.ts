/** A small thing this browser remembers for a user; without storage it is forgotten with the page. */
export function readStored(name: string): string | undefined {
  try {
    return localStorage.getItem(`slipway.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function store(name: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(`slipway.${name}`);
    else localStorage.setItem(`slipway.${name}`, value);
  } catch {
    // Nothing is lost but the comfort.
  }
}
