import type { ApiObject, MacroSpec, ProfileVersion } from '@slipway/model';
import { useMemo } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import type { TemplateName, TemplateNames } from '../../yaml/template-knowledge.ts';

type Macro = ApiObject<MacroSpec>;

/** What the texts of a layer may refer to: the profile's variables, the macros that somebody may see, the other layers. */
export function useTemplateNames(version: ProfileVersion, layer: string, project: string | undefined): TemplateNames {
  const own = useObjects<Macro>(KINDS.projectmacros, project).items;
  const tenant = useObjects<Macro>(KINDS.macros).items;
  const system = useObjects<Macro>(KINDS.systemmacros).items;
  return useMemo(
    () => ({
      variables: version.variables.map(({ name, type, description }) => ({ name, detail: type, info: description || undefined })),
      macros: macroNames([...(project === undefined ? [] : own), ...tenant, ...system]),
      layers: version.layers.map(({ name }) => name).filter((name) => name !== layer),
    }),
    [version, layer, project, own, tenant, system],
  );
}

/** The narrowest of those with the same name is the one that counts. */
function macroNames(macros: readonly Macro[]): TemplateName[] {
  const found = new Map<string, TemplateName>();
  for (const { metadata, spec } of macros) {
    if (found.has(metadata.name)) continue;
    const detail = spec.value ?? 'secret';
    found.set(metadata.name, { name: metadata.name, detail: `macro, ${detail.slice(0, 40)}`, info: spec.description || undefined });
  }
  return [...found.values()];
}
