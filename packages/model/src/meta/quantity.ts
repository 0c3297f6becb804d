const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY = /^(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(?:e(\d{1,2}))?([num]|[kMGTPE]|[KMGTPE]i)?$/;

/** A Kubernetes quantity as a number: `500m` is 0.5, `1Gi` 1073741824. Undefined for anything else, negative ones included. */
export function parseQuantity(text: string | number): number | undefined {
  if (typeof text === 'number') return Number.isFinite(text) && text >= 0 ? text : undefined;
  const [, digits, exponent = '0', suffix = ''] = QUANTITY.exec(text.trim()) ?? [];
  return digits === undefined ? undefined : Number(digits) * 10 ** Number(exponent) * (FACTORS[suffix] ?? 1);
}

/** Cores as people read them: `1.5`, `500m`. */
export const formatCores = (cores: number): string =>
  Number.isInteger(cores) || cores > 1 ? String(+cores.toFixed(2)) : `${Math.round(cores * 1000)}m`;

/** Bytes as people read them: `1.5Gi`, `512Mi`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = (['Ti', 'Gi', 'Mi', 'Ki'] as const)
    .map((name) => [name, FACTORS[name] ?? 1] as const)
    .find(([, size]) => bytes >= size) ?? ['', 1];
  return `${+(bytes / size).toFixed(1)}${unit}`;
}
