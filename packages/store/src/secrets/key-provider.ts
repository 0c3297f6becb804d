/**
 * The port to whatever holds the key-encryption keys: a file, the environment, or a key management service. Only data keys pass through it, never secrets.
 * An implementation over the network answers within seconds or rejects with `Unavailable`; nothing calls it inside a database transaction.
 */
export interface KeyProvider {
  /** `file /var/lib/slipway/hub/keys/encryption.json`: for error messages. */
  readonly where: string;
  /** False where it can unwrap with keys that it does not name: a key management service tells only the newest, and makes new ones by itself. */
  readonly listsAll?: boolean;
  /** Ids of the keys it can unwrap with. */
  keyIds(): Promise<readonly string[]>;
  /** The key new data keys are wrapped with. */
  primary(): Promise<string>;
  /** Wraps a data key with the primary key; `context` must be given again to unwrap. */
  wrap(dataKey: Buffer, context: string): Promise<{ readonly keyId: string; readonly wrapped: string }>;
  /** Rejects when the key is unknown, or when key, context or text are not those of the wrapping. */
  unwrap(wrapped: { readonly keyId: string; readonly wrapped: string }, context: string): Promise<Buffer>;
  /** Makes a new primary key; the ones before stay for reading. Undefined where keys are made elsewhere. */
  addKey?(): Promise<string>;
  /** Forgets a key that nothing is wrapped with any more. */
  removeKey?(id: string): Promise<void>;
  /** Looks again: another process may have added a key. */
  reload(): Promise<void>;
}
