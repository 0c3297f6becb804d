import { Worker } from 'node:worker_threads';
import { type FieldCause, messageOf } from '@slipway/kit';
import { invalidField, joinPath, requiredField, unsupportedField } from '@slipway/model';
import type { Problem } from './check-prepared.ts';
import type { Steps } from './prepare-schema.ts';
import type { CheckAnswer, CheckRequest, WorkerMessage } from './schema-worker.ts';

export interface ValuesCheck {
  /** One for each problem, with the path of the value. Empty: the values are as the schema says. */
  readonly causes: readonly FieldCause[];
  /** Parts of the schema that were not checked, and why; paths in the schema. */
  readonly remarks: readonly FieldCause[];
}

export interface CheckOptions {
  /** What paths of causes begin with: `spec.versions[0].layers[2].values`. */
  readonly path?: string;
  /** Milliseconds after which the check is given up. */
  readonly timeoutMs?: number;
}

const TIMEOUT = 10_000;
const IDLE = 30_000;
/** Milliseconds for a thread to begin: on a busy machine that alone takes longer than a schema may. */
const BEGIN = 60_000;
/** Megabytes of the thread's heap. */
const HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 2 };

interface Task {
  readonly request: CheckRequest;
  readonly path: string;
  readonly timeoutMs: number;
  readonly done: (outcome: ValuesCheck) => void;
}

/**
 * Checks values against a `values.schema.json` of any draft that charts use (04, 06, 07, 2019-09, 2020-12), in a thread of its own with little memory, which is ended after a
 * time: a schema is somebody else's program, its regular expressions above all. It is interpreted and never compiled into code, and nothing is fetched for it.
 */
export class ValuesChecker {
  #worker: Worker | undefined;
  #ready = false;
  #tasks: Task[] = [];
  #running: Task | undefined;
  #clock: NodeJS.Timeout | undefined;
  #next = 0;

  check(schema: unknown, values: unknown, { path = 'values', timeoutMs = TIMEOUT }: CheckOptions = {}): Promise<ValuesCheck> {
    return new Promise((done) => {
      this.#tasks.push({ request: { id: (this.#next += 1), schema, values }, path, timeoutMs, done });
      this.#start();
    });
  }

  #start(): void {
    const task = this.#running === undefined ? this.#tasks.shift() : undefined;
    if (task === undefined) return;
    this.#running = task;
    clearTimeout(this.#clock);
    const worker = (this.#worker ??= this.#begin());
    worker.ref();
    if (this.#ready) this.#limit(task);
    else this.#clock = setTimeout(() => this.#giveUp(`no thread began within ${BEGIN / 1000} s`), BEGIN);
    try {
      worker.postMessage(task.request);
    } catch (error) {
      this.#finish({ id: task.request.id, failed: messageOf(error) });
    }
  }

  /** From now on it is the schema that takes the time. */
  #limit(task: Task): void {
    clearTimeout(this.#clock);
    this.#clock = setTimeout(() => this.#giveUp(`it takes longer than ${task.timeoutMs / 1000} s`), task.timeoutMs);
  }

  #begin(): Worker {
    this.#ready = false;
    const worker = new Worker(new URL('./schema-worker.ts', import.meta.url), { resourceLimits: HEAP, env: {}, execArgv: [] });
    worker.on('message', (message: WorkerMessage) => {
      if (this.#worker !== worker) return;
      if (message !== 'ready') return this.#finish(message);
      this.#ready = true;
      if (this.#running) this.#limit(this.#running);
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#worker === worker) this.#giveUp(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'it needs too much memory' : messageOf(error));
    });
    return worker;
  }

  /** Ends the thread, whatever it does; the next check has another one. */
  #giveUp(why: string): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
    if (this.#running) this.#finish({ id: this.#running.request.id, failed: why });
  }

  #finish(answer: CheckAnswer): void {
    const task = this.#running;
    if (task?.request.id !== answer.id) return;
    this.#running = undefined;
    clearTimeout(this.#clock);
    if ('failed' in answer) {
      const cause = invalidField(task.path, `cannot be checked against the schema of the pack: ${answer.failed}`);
      task.done({ causes: [cause], remarks: [] });
    } else {
      task.done({
        causes: answer.problems.map((problem) => causeOf(problem, task.path)),
        remarks: answer.remarks.map(({ steps, message }) => ({ field: fieldOf('', steps), message })),
      });
    }
    this.#worker?.unref();
    this.#clock = setTimeout(() => this.#giveUp('idle'), IDLE).unref();
    this.#start();
  }
}

/** Values are never repeated in a message: they may hold secrets. */
function causeOf({ keyword, error, steps }: Problem, path: string): FieldCause {
  const field = fieldOf(path, steps);
  const [, name] = /property "(.*?)"\.?$/.exec(error) ?? [];
  if (keyword === 'required' && name !== undefined) return requiredField(joinPath(field, name), 'is required');
  if (keyword === 'false') return unsupportedField(field, 'is not a value that the pack has');
  return invalidField(field, sentence(error));
}

const fieldOf = (path: string, steps: Steps): string => steps.reduce<string>((field, step) => joinPath(field, step), path);

/** The library's words, about "it" rather than about an instance. */
const sentence = (error: string): string =>
  error
    .replace(
      /^Instance type "(\w+)" is invalid\. Expected (.*?)\.?$/,
      (_, is: string, should: string) => `must be ${should.replaceAll('"', '').replaceAll(', ', ' or ')}, not ${is}`,
    )
    .replace(/^(Instance|String|Array|Number|Object|Items) /, '')
    .replace(/\.$/, '')
    .slice(0, 500);

const shared = new ValuesChecker();

/**
 * @example const { causes } = await checkValues(info.valuesSchema, effectiveValues(info.values, layer.values), { path: 'spec.layers[0].values' });
 */
export const checkValues = (schema: unknown, values: unknown, options?: CheckOptions): Promise<ValuesCheck> =>
  shared.check(schema, values, options);
