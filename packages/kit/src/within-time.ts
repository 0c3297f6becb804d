import { createContext, Script, type Context } from 'node:vm';
import { SlipwayError } from './errors.ts';

interface Held {
  readonly context: Context & { work: (() => unknown) | undefined };
  readonly script: Script;
}

let held: Held | undefined;

/** Made at the first use: a context costs half a megabyte. */
function hold(): Held {
  const inside: Held['context'] = Object.assign(Object.create(null) as Context, { work: undefined });
  return { context: createContext(inside) as Held['context'], script: new Script('work()') };
}

/**
 * Runs synchronous work that somebody else's text decides, and breaks it off when it takes longer: loops and regular expressions too. Costs a tenth of a millisecond. It
 * bounds time, not memory. Throws `Timeout`, or what the work throws.
 *
 * @param ms wall-clock time; other load on the machine counts as well, so be generous
 * @example withinTime(200, () => new RegExp(pattern).test(text))
 */
export function withinTime<T>(ms: number, work: () => T): T {
  held ??= hold();
  const { context, script } = held;
  const outer = context.work;
  context.work = work;
  try {
    return script.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new SlipwayError('Timeout', `It took longer than ${ms} ms and was broken off.`, { cause: error });
    throw error;
  } finally {
    context.work = outer;
  }
}
