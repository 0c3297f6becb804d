const SECRET_KEY =
  /pass(word|wd|phrase)|secret|token|credential|private[_-]?key|api[_-]?key|access[_-]?key|signing[_-]?key|^key$|[a-z]Key$/i;
const HARMLESS_KEY = /(secret|key)_?-?(name|names|ref|refs)$|public[_-]?key|topologyKey$/i;

/** Whether a field or variable of this name is likely to hold a secret. Errs on the side of hiding. */
export const looksSecret = (name: string): boolean => SECRET_KEY.test(name) && !HARMLESS_KEY.test(name);

/** Which fields of a record are likely to hold one: by their own name, by that of an environment variable beside them, or as the data of a Secret. */
export function hidesOf(record: Readonly<Record<string, unknown>>): (key: string) => boolean {
  const secretPair = typeof record['name'] === 'string' && looksSecret(record['name']);
  const secretObject = record['kind'] === 'Secret' && record['apiVersion'] === 'v1';
  return (key) => looksSecret(key) || (secretPair && key === 'value') || (secretObject && (key === 'data' || key === 'stringData'));
}
