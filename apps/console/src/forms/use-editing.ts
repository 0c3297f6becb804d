import type { KindAddress } from '@slipway/api/browser';
import { messageOf, SlipwayError } from '@slipway/kit/errors';
import type { ApiObject, NewObject } from '@slipway/model';
import { useEffect, useState } from 'react';
import { stringify } from 'yaml';
import { client } from '../hub/session.ts';
import { parsed } from '../yaml/edit-yaml.ts';
import type { OpenApi, Schema } from '../yaml/schema.ts';
import { keepDraft, readDraft, withoutSecrets } from './draft.ts';

export type Step =
  | { readonly word: 'edit' }
  | { readonly word: 'review'; readonly result: ApiObject; readonly warnings: readonly string[] };

/** An object as people edit it: without what only the hub writes. */
export function editableText(object: ApiObject | NewObject): string {
  const { metadata, status: _status, ...rest } = object as ApiObject;
  const { name, namespace, labels, annotations, resourceVersion, uid } = metadata;
  return stringify({ ...rest, metadata: { name, namespace, labels, annotations, resourceVersion, uid } }, { lineWidth: 0 });
}

interface EditingOptions {
  readonly kind: KindAddress;
  readonly object: ApiObject | undefined;
  readonly start: NewObject | undefined;
  readonly document: OpenApi;
  readonly schema: Schema;
  readonly onSaved: (object: ApiObject) => void;
}

/** The text of an object while somebody works on it: kept, tried at the hub, saved, and brought together with what somebody else saved. */
export function useEditing({ kind, object, start, document, schema, onSaved }: EditingOptions) {
  const address = `${kind.plural}/${object?.metadata.namespace ?? ''}/${object?.metadata.name ?? '+'}`;
  const [base, setBase] = useState(() => editableText(object ?? (start as NewObject)));
  const [draft] = useState(() => readDraft(address));
  const [text, setText] = useState(draft === undefined || draft.text === '' ? base : draft.text);
  const [step, setStep] = useState<Step>({ word: 'edit' });
  const [error, setError] = useState<SlipwayError>();
  const [theirs, setTheirs] = useState<string>();
  const [busy, setBusy] = useState(false);
  const dirty = text !== base;
  useEffect(
    () => keepDraft(address, dirty ? { text: withoutSecrets(text, document, schema), base } : undefined),
    [address, dirty, text, base, document, schema],
  );

  const lookAgain = async (told: SlipwayError): Promise<void> => {
    const now = await client.find({ kind, project: object?.metadata.namespace, name: object?.metadata.name ?? '' }).catch(() => undefined);
    if (now === undefined) setError(told);
    else setTheirs(editableText(now));
  };
  const write = async (dryRun: boolean, warnings: string[] = []): Promise<ApiObject | undefined> => {
    setBusy(true);
    setError(undefined);
    try {
      const wanted = parsed(text).toJS() as ApiObject;
      const options = { dryRun, fieldValidation: 'Strict', onWarning: (warning: string) => void warnings.push(warning) } as const;
      return object === undefined ? await client.create(kind, wanted, options) : await client.update(kind, wanted, options);
    } catch (caught) {
      const told = caught instanceof SlipwayError ? caught : new SlipwayError('Internal', messageOf(caught));
      if (told.code === 'Conflict' && object !== undefined) await lookAgain(told);
      else setError(told);
      setStep({ word: 'edit' });
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return {
    text,
    setText,
    base,
    step,
    error,
    theirs,
    busy,
    dirty,
    /** What was written in an earlier visit stands in the form. */
    resumed: draft !== undefined && dirty,
    startOver: () => setText(base),
    edit: () => setStep({ word: 'edit' }),
    async review() {
      const warnings: string[] = [];
      const result = await write(true, warnings);
      if (result !== undefined) setStep({ word: 'review', result, warnings });
    },
    async save() {
      const saved = await write(false);
      if (saved === undefined) return;
      setBase(text);
      keepDraft(address, undefined);
      onSaved(saved);
    },
    /** Goes on with a text on top of what somebody else saved. */
    goOnWith(next: string) {
      if (theirs !== undefined) setBase(theirs);
      setText(next);
      setTheirs(undefined);
    },
  };
}
