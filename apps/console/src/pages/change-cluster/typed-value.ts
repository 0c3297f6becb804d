import { parse } from 'yaml';

/** What somebody typed as the value of an override, read as YAML; or why it is none. */
export function typedValue(text: string): { readonly value: unknown } | { readonly because: string } {
  if (text.trim() === '') return { because: 'Type a value.' };
  try {
    const value: unknown = parse(text);
    return value === null || value === undefined ? { because: 'To be rid of an override, take the profile’s value.' } : { value };
  } catch {
    return { because: 'This is no YAML.' };
  }
}
