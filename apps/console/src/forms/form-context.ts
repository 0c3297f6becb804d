import { createContext, use } from 'react';
import type { YamlPath } from '../yaml/edit-yaml.ts';
import type { OpenApi } from '../yaml/schema.ts';

/** What the fields of a form share: one text in YAML, which they read and edit. */
export interface FormState {
  readonly document: OpenApi;
  valueAt(path: YamlPath): unknown;
  /** Undefined removes. */
  set(path: YamlPath, value: unknown): void;
  /** What is wrong with a field; with `below` also with what is in it. */
  problemsAt(field: string, below?: boolean): readonly string[];
}

export const FormContext = createContext<FormState | undefined>(undefined);

export function useForm(): FormState {
  const form = use(FormContext);
  if (form === undefined) throw new Error('A field is outside of a form.');
  return form;
}
