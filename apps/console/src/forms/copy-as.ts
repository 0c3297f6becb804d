import { collectionPath, type KindAddress } from '@slipway/api/browser';
import { parse, stringify } from 'yaml';

/** The ways a change can be carried elsewhere. */
export const COPY_WORDS = {
  cli: 'A command line',
  api: 'A request of the API',
  terraform: 'Terraform-ready YAML',
} as const;
export type CopyForm = keyof typeof COPY_WORDS;

/** An object that somebody wrote, as a command, a request, or a manifest for `kubectl_manifest`. Versions of the hub and ids are left out: they hold at one moment only. */
export function copyAs(form: CopyForm, kind: KindAddress, text: string): string {
  const { metadata: { resourceVersion: _version, uid: _uid, ...metadata } = {}, ...rest } = (parse(text) ?? {}) as Record<string, any>;
  const manifest = stringify({ apiVersion: 'slipway.dev/v1', kind: kind.kind, ...rest, metadata }, { lineWidth: 0 });
  const heredoc = `<<'EOF'\n${manifest}EOF\n`;
  switch (form) {
    case 'cli':
      return `slipway apply -f - ${heredoc}`;
    case 'api': {
      const path = `${collectionPath(kind, metadata['namespace'] as string | undefined)}/${String(metadata['name'] ?? '')}`;
      return `curl --fail-with-body -X PATCH "$SLIPWAY_SERVER${path}?fieldManager=me" -H "authorization: Bearer $SLIPWAY_TOKEN" -H 'content-type: application/apply-patch+yaml' --data-binary @- ${heredoc}`;
    }
    case 'terraform':
      return manifest;
  }
}

/** Several objects together, in their order: one command, one request each, or one file. */
export function copyAllAs(form: CopyForm, objects: readonly { readonly kind: KindAddress; readonly text: string }[]): string {
  const all = (one: CopyForm, between: string): string => objects.map(({ kind, text }) => copyAs(one, kind, text)).join(between);
  if (form === 'api') return all('api', '');
  return form === 'cli' ? `slipway apply -f - <<'EOF'\n${all('terraform', '---\n')}EOF\n` : all('terraform', '---\n');
}
