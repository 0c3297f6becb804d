/** What a phase says at its end. */
export type Step =
  /** Nothing left to do here. */
  | { readonly type: 'done' }
  /** Look again after so many milliseconds, whatever happens before. */
  | { readonly type: 'again'; readonly afterMs: number; readonly reason: string }
  /** Something else must happen first, and that will wake the key by itself. */
  | { readonly type: 'wait'; readonly reason: string; readonly message: string };

const DONE: Step = { type: 'done' };

export const done = (): Step => DONE;
export const again = (afterMs: number, reason: string): Step => ({ type: 'again', afterMs, reason });
export const wait = (reason: string, message: string): Step => ({ type: 'wait', reason, message });
