import { objectPath } from '@slipway/api/browser';
import type { PackInfo } from '@slipway/model';
import { useEffect, useState } from 'react';
import { KINDS } from './kinds.ts';
import type { Pack } from './objects.ts';
import { client } from './session.ts';

export interface PackInfoState {
  readonly info?: PackInfo;
  readonly problem?: unknown;
}

export const packAddress = ({ kind, metadata }: Pack) => ({
  kind: kind === KINDS.projectpacks.kind ? KINDS.projectpacks : KINDS.packs,
  project: metadata.namespace,
  name: metadata.name,
});

/** What a version of a pack says of itself: README, values, their schema, presets, constraints. Nothing until it is known. */
export function usePackInfo(pack: Pack | undefined, version: string | undefined): PackInfoState {
  const [state, setState] = useState<PackInfoState>({});
  const path = pack === undefined ? undefined : `${objectPath(packAddress(pack))}/content`;
  // Of a version that was replaced and accepted the content is another one.
  const digest = pack?.spec.versions.find((one) => one.version === version)?.digest;
  useEffect(() => {
    setState({});
    if (path === undefined || version === undefined) return;
    const left = new AbortController();
    client.request<PackInfo>(path, { query: { version }, signal: left.signal }).then(
      (info) => setState({ info }),
      (problem: unknown) => {
        if (!left.signal.aborted) setState({ problem });
      },
    );
    return () => left.abort();
  }, [path, version, digest]);
  return state;
}
