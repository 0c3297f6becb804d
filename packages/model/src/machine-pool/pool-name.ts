/** The pool's name within its cluster. */
export function poolName(pool: {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly cluster: string; readonly pool?: string | undefined };
}): string {
  if (pool.spec.pool !== undefined) return pool.spec.pool;
  const prefix = `${pool.spec.cluster}-`;
  return pool.metadata.name.startsWith(prefix) && pool.metadata.name.length > prefix.length
    ? pool.metadata.name.slice(prefix.length)
    : pool.metadata.name;
}
