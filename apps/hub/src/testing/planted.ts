export type Json = { readonly [key: string]: any };

/** A value for every field of a schema, `canary()` for the secret ones: what a kind's own definition says is enough to plant secrets in it. */
export function planted(schema: Json, canary: (mask: string) => string): unknown {
  if (schema['writeOnly'] === true) return canary(schema['x-slipway-mask']);
  if ('const' in schema) return schema['const'];
  if (schema['enum']) return schema['enum'][0];
  if (schema['examples']) return schema['examples'][0];
  const variants = (schema['oneOf'] ?? schema['anyOf']) as Json[] | undefined;
  // The variant with the most to say, which is where secrets are.
  if (variants) return planted(variants.toSorted((a, b) => JSON.stringify(b).length - JSON.stringify(a).length)[0] as Json, canary);
  if (schema['type'] === 'object') {
    const own = Object.entries((schema['properties'] ?? {}) as Json).map(([key, item]) => [key, planted(item, canary)]);
    const more = typeof schema['additionalProperties'] === 'object' ? [['some-key', planted(schema['additionalProperties'], canary)]] : [];
    return Object.fromEntries([...own, ...more]);
  }
  // Lists of names of other objects start empty.
  if (schema['type'] === 'array')
    return schema['default'] && !JSON.stringify(schema).includes('"writeOnly"') ? schema['default'] : [planted(schema['items'], canary)];
  if (schema['type'] === 'string') return schema['default'] ?? (schema['format'] === 'uri' ? 'https://x.example' : 'x');
  return schema['default'] ?? (schema['type'] === 'boolean' ? false : (schema['minimum'] ?? 1));
}
