import { messageOf, SlipwayError } from '@slipway/kit';
import { isRecord, mergeValues, type Preset, type Values, withValueAt } from '@slipway/model';
import { chartName, dottedSteps, type Layout } from './layout.ts';
import { type Ledger, pathOf } from './report.ts';
import { readTemplateYaml, translateValue } from './template-yaml.ts';

export interface PresetsInput {
  readonly presets: Ledger;
  readonly layout: Layout;
  /** values.yaml, for paths with dots. */
  readonly values: unknown;
}

/** presets.yaml. */
export function readPresets(input: PresetsInput): Partial<Preset>[] {
  const { value } = input.presets;
  const list = isRecord(value) ? value['presets'] : value;
  const root = isRecord(value) ? ['presets'] : [];
  if (!Array.isArray(list)) return [];
  const names = new Set<string>();
  return (list as unknown[]).flatMap((preset, index) =>
    isRecord(preset) ? [readPreset(preset, [...root, index], { ...input, names })] : [],
  );
}

interface Reading extends PresetsInput {
  readonly names: Set<string>;
}

function readPreset(
  preset: Record<string, unknown>,
  at: readonly (string | number)[],
  { presets, layout, values, names }: Reading,
): Partial<Preset> {
  const text = (key: string): string => {
    const given = preset[key];
    if (typeof given !== 'string' || given.length > 200) return '';
    presets.take(...at, key);
    return given.trim();
  };
  const given = text('name');
  const displayName = text('displayName');
  let name = chartName(given || displayName);
  while (names.has(name)) name = `${name}-more`;
  names.add(name);
  if (name !== given)
    presets.report([...at, 'name'], `the preset ${JSON.stringify(given)} is called "${name}" here`, 'Use this name in profiles.');
  const group = text('group');
  const description = text('description');
  return {
    name,
    displayName: displayName || given,
    // Presets without a group do not exclude each other.
    group: group || name,
    ...(description === '' ? {} : { description }),
    values: added(preset['add'], [...at, 'add'], { presets, layout }),
    remove: removed(preset['remove'], [...at, 'remove'], { presets, layout, values }),
  };
}

function added(add: unknown, at: readonly (string | number)[], { presets, layout }: Pick<Reading, 'presets' | 'layout'>): Values {
  let content: unknown = add;
  if (typeof add === 'string') {
    try {
      content = readTemplateYaml(add, 'it');
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      presets.report(at, messageOf(error), 'Mend it and import again.');
      return {};
    }
    presets.take(...at);
  }
  // Text that holds YAML has no keys of its own in the file: what is wrong in it is told for the whole.
  const place = (...steps: string[]): (string | number)[] => (typeof add === 'string' ? [...at] : [...at, ...steps]);
  let values: Values = {};
  if (!isRecord(content)) {
    if (content !== null && content !== undefined) presets.report(at, 'what it adds is no mapping', 'Mend it and import again.');
    return values;
  }
  for (const [root, parts] of Object.entries(content)) {
    for (const [name, part] of Object.entries(isRecord(parts) ? parts : { '': parts })) {
      const placed = layout.place([root, name]);
      if (placed === undefined) {
        presets.report(
          place(root, ...(name === '' ? [] : [name])),
          `what it adds at ${pathOf([root, name])} is no value of a chart or manifest here`,
          'Put it where Slipway has it.',
        );
        continue;
      }
      presets.take(...place(root, name));
      const translated = translateValue(part, place(root, name), { ledger: presets, state: { references: false } });
      const put = withValueAt({}, placed, translated);
      if (isRecord(put)) values = mergeValues(values, put);
      else presets.report(place(root, name), 'what it adds is no mapping', 'Mend it and import again.');
    }
  }
  return values;
}

function removed(
  remove: unknown,
  at: readonly (string | number)[],
  { presets, layout, values }: Pick<Reading, 'presets' | 'layout' | 'values'>,
): string[] {
  if (!Array.isArray(remove)) return [];
  return (remove as unknown[]).flatMap((path, index) => {
    const placed = typeof path === 'string' ? layout.place(dottedSteps(path, values)) : undefined;
    if (placed === undefined || placed.length === 0 || placed.includes('$[]')) {
      presets.report(
        [...at, index],
        `what it removes (${JSON.stringify(path)}) is no value of a chart or manifest here`,
        'Write the path in remove of the preset in slipway.yaml.',
      );
      return [];
    }
    presets.take(...at, index);
    return [pathOf(placed)];
  });
}
