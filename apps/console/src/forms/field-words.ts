import type { YamlPath } from '../yaml/edit-yaml.ts';

/** `memoryMiB` → `Memory MiB`. */
export function labelOf(name: string): string {
  const words = name
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replaceAll(/ ([A-Z])(?=[a-z])/g, (_all, letter: string) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `spec.pools[0].name`, as the hub names fields. */
export const fieldText = (path: YamlPath): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number'
        ? `${text}[${step}]`
        : /^[A-Za-z_][\w-]*$/.test(step)
          ? text === ''
            ? step
            : `${text}.${step}`
          : `${text}[${JSON.stringify(step)}]`,
    '',
  );

/** `Subjects` → `Subject 2`. */
export const itemLabel = (label: string, index: number): string => `${label.replace(/(?<=[^s])s$/, '')} ${index + 1}`;
