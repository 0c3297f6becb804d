import type { ApiObject, StillHolds } from '@slipway/model';
import type { Acting, RawSubresource } from './ports.ts';

/** What must go on holding while a subresource of an object is in use: that the object is the very one, and that the caller may still act as all that it was begun as. */
export function stillHolds({ actsAs }: RawSubresource, { metadata: { uid } }: ApiObject, begun: Acting): StillHolds {
  return async (principal, object) => {
    if (object.metadata.uid !== uid) return false;
    const now = await actsAs(principal, object);
    return now.name === begun.name && begun.groups.every((group) => now.groups.includes(group));
  };
}
