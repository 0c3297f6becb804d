import { type ApiObject, apiVersionOf, type Content, inVersion, type Kind, type NewObject, toShown, toStored } from '@slipway/model';
import type { VersionRules } from './apply/managed-fields.ts';
import { serveKind, type ServedKind } from './kind-schema.ts';

/** Between one version of a kind and the stored one. */
export interface Conversion {
  /** A stored object in this version. Whoever asks for the same object gets the same answer, so that watchers share it. */
  shown(object: ApiObject): ApiObject;
  /** An object of this version as it is stored; what it became has passed the stored version's rules too. */
  stored<T extends ApiObject | NewObject>(object: T): T;
}

export const UNCONVERTED: Conversion = { shown: (object) => object, stored: (object) => object };

/** A kind in every version it is served in, the stored one first. All know each other, because fields are owned in the version they were written in. */
export function serveVersions(kind: Kind): ServedKind[] {
  const versions = new Map<string, VersionRules>();
  const stored = serveKind(kind, { versions, conversion: UNCONVERTED });
  const same = (parts: object): object => parts;
  versions.set(apiVersionOf(kind), { shape: stored.shape, toStored: same, fromStored: same });
  const others = kind.versions.map((version) => {
    const own = inVersion(kind, version.name) as Kind;
    const served = serveKind(own, { versions, conversion: conversionOf(own, stored) });
    versions.set(apiVersionOf(served.kind), {
      shape: served.shape,
      toStored: (parts) => convertedParts(parts, version.store),
      fromStored: (parts) => convertedParts(parts, version.show),
    });
    return served;
  });
  return [stored, ...others];
}

function conversionOf(own: Kind, stored: ServedKind): Conversion {
  const known = new WeakMap<ApiObject, ApiObject>();
  return {
    shown(object) {
      let shown = known.get(object);
      if (shown === undefined) known.set(object, (shown = toShown(own, object)));
      return shown;
    },
    stored<T extends ApiObject | NewObject>(object: T): T {
      const converted = toStored(own, object as ApiObject) as T;
      const { apiVersion, kind: name, metadata, spec, status } = converted;
      const checked = stored.parse({ apiVersion, kind: name, metadata: { name: metadata.name }, spec }, 'Strict').object;
      return { ...converted, spec: checked.spec, ...(status === undefined ? {} : { status: stored.parseStatus(status) }) };
    },
  };
}

/** A part of an object, which may lack anything: what is not there does not come to be by converting. */
function convertedParts(parts: object, convert: (content: Content) => Content): object {
  const { spec, status } = parts as { readonly spec?: unknown; readonly status?: unknown };
  const converted = convert({ spec: spec ?? {}, status: status ?? undefined });
  return {
    ...parts,
    ...(spec === undefined ? {} : { spec: converted.spec as unknown }),
    ...(status === undefined ? {} : { status: converted.status as unknown }),
  };
}
