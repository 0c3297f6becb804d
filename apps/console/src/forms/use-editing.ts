import type { KindAddress, WriteOptions } from '@slipway/api/browser';
import { messageOf, SlipwayError } from '@slipway/kit/errors';
import type { ApiObject, NewObject } from '@slipway/model';
import { useEffect, useRef, useState } from 'react';
import { stringify } from 'yaml';
import { client } from '../hub/session.ts';
import { parsed } from '../yaml/edit-yaml.ts';
import type { OpenApi, Schema } from '../yaml/schema.ts';
import { useSession } from '../state/session-context.ts';
import { keepDraft, readDraft, withoutSecrets } from './draft.ts';
import { onNewVersion } from './three-ways.ts';

export type Step =
  | { readonly word: 'edit' }
  | { readonly word: 'review'; readonly result: ApiObject; readonly warnings: readonly string[] };

/** An object as people edit it: without what only the hub writes. */
export function editableText(object: ApiObject | NewObject): string {
  const { metadata, status: _status, ...rest } = object as ApiObject;
  const { name, namespace, labels, annotations, resourceVersion, uid } = metadata;
  return stringify({ ...rest, metadata: { name, namespace, labels, annotations, resourceVersion, uid } }, { lineWidth: 0 });
}

/** Nothing of the object that it once was: a hub refuses to make one with a version. */
function asNew({ metadata: { name, namespace, labels, annotations }, ...rest }: ApiObject): NewObject {
  return { ...rest, metadata: { name, namespace, labels, annotations } } as unknown as NewObject;
}

interface EditingOptions {
  readonly kind: KindAddress;
  readonly object?: ApiObject | undefined;
  /** Somebody deleted it meanwhile: what is saved makes it anew. */
  readonly gone?: boolean | undefined;
  readonly start?: NewObject | undefined;
  readonly document: OpenApi;
  readonly schema: Schema;
  readonly onSaved: (object: ApiObject) => void;
}

/** The text of an object while somebody works on it: kept, tried at the hub, saved, and brought together with what somebody else saved. */
export function useEditing({ kind, object, gone = false, start, document, schema, onSaved }: EditingOptions) {
  const { tenant, user } = useSession();
  const { namespace = '', name = '+' } = object?.metadata ?? { namespace: start?.metadata.namespace };
  // Of whoever writes it: who signs in to this browser next is not shown it.
  const address = `${tenant}/${user}/${kind.plural}/${namespace}/${name}`;
  const [draft] = useState(() => {
    const kept = readDraft(address);
    return kept?.text === '' ? undefined : kept;
  });
  // What was begun from an older version is still begun from that: what others saved since is to be seen.
  const [base, setBase] = useState(() => draft?.base ?? editableText(object ?? (start as NewObject)));
  const [text, setText] = useState(draft?.text ?? base);
  const saved = useRef(false);
  const [step, setStep] = useState<Step>({ word: 'edit' });
  const [error, setError] = useState<SlipwayError>();
  const [theirs, setTheirs] = useState<string>();
  const [busy, setBusy] = useState(false);
  const dirty = text !== base;
  useEffect(
    () => keepDraft(address, dirty ? { text: withoutSecrets(text, document, schema), base } : undefined),
    [address, dirty, text, base, document, schema],
  );

  const send = (body: string, options: WriteOptions): Promise<ApiObject> => {
    const wanted = parsed(body).toJS() as ApiObject;
    return object === undefined || gone ? client.create(kind, asNew(wanted), options) : client.update(kind, wanted, options);
  };
  /** Somebody wrote meanwhile: when that was the hub alone, it is sent once more; when people did, they are asked. */
  const sendAgain = async (told: SlipwayError, options: WriteOptions): Promise<ApiObject | undefined> => {
    const now = await client.find({ kind, project: namespace, name }).catch(() => undefined);
    if (now === undefined) throw told;
    const theirText = editableText(now);
    const next = onNewVersion(base, theirText, text);
    if (next === undefined) {
      setTheirs(theirText);
      setStep({ word: 'edit' });
      return undefined;
    }
    const result = await send(next, options);
    setBase(theirText);
    setText(next);
    return result;
  };
  const write = async (dryRun: boolean, warnings: string[] = []): Promise<ApiObject | undefined> => {
    setBusy(true);
    const options = { dryRun, fieldValidation: 'Strict', onWarning: (warning: string) => void warnings.push(warning) } as const;
    try {
      const result = await send(text, options).catch((caught: unknown) => {
        if (caught instanceof SlipwayError && caught.code === 'Conflict' && object !== undefined && !gone)
          return sendAgain(caught, options);
        throw caught;
      });
      setError(undefined);
      return result;
    } catch (caught) {
      setError(caught instanceof SlipwayError ? caught : new SlipwayError('Internal', messageOf(caught)));
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
    startOver() {
      const now = editableText(object ?? (start as NewObject));
      setBase(now);
      setText(now);
    },
    /** Whether leaving now would be leaving something behind; asked while leaving, when nothing is drawn any more. */
    unsaved: () => dirty && !saved.current,
    edit: () => setStep({ word: 'edit' }),
    async review() {
      const warnings: string[] = [];
      const result = await write(true, warnings);
      if (result !== undefined) setStep({ word: 'review', result, warnings });
    },
    async save() {
      const result = await write(false);
      if (result === undefined) return;
      saved.current = true;
      setBase(text);
      keepDraft(address, undefined);
      onSaved(result);
    },
    /** Goes on with a text on top of what somebody else saved. */
    goOnWith(next: string) {
      if (theirs !== undefined) setBase(theirs);
      setText(next);
      setTheirs(undefined);
    },
  };
}
