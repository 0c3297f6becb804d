import { isRecord, joinPath, type PathStep } from '@slipway/model';

/** Something of a Palette pack that has no equivalent here, or that somebody has to look at. */
export interface Finding {
  /** Below the pack's folder. */
  readonly file: string;
  /** Of the key in that file; empty for the file as a whole. It stands for everything below it. */
  readonly path: string;
  /** What it is and what became of it. */
  readonly what: string;
  /** What to do about it. */
  readonly todo: string;
}

/** Every finding of one pack, in the order they were made; the same one is kept once. */
export class Report {
  readonly #findings = new Map<string, Finding>();

  add(finding: Finding): void {
    this.#findings.set(JSON.stringify(finding), finding);
  }

  get findings(): Finding[] {
    return [...this.#findings.values()];
  }
}

/**
 * One file whose keys are accounted for: each is taken, which says that it is in the output, or reported. `close` reports what is neither, so that a key nobody thought of cannot
 * get lost.
 */
export class Ledger {
  readonly file: string;
  readonly value: unknown;
  readonly #report: Report;
  readonly #done: (readonly PathStep[])[] = [];

  constructor(file: string, value: unknown, report: Report) {
    this.file = file;
    this.value = value;
    this.#report = report;
  }

  /** What is at this place, and below it, is in the output. */
  take(...steps: readonly PathStep[]): void {
    this.#done.push(steps);
  }

  /** It is not, or not as it was. */
  report(steps: readonly PathStep[], what: string, todo: string): void {
    this.#done.push(steps);
    this.#report.add({ file: this.file, path: pathOf(steps), what, todo });
  }

  close(): void {
    const done = new Tree();
    for (const steps of this.#done) done.add(steps);
    this.#rest(this.value, [], done);
  }

  #rest(value: unknown, steps: readonly PathStep[], done: Tree): void {
    if (done.whole) return;
    const children: [PathStep, unknown][] = Array.isArray(value)
      ? value.map((item, index) => [index, item])
      : isRecord(value)
        ? Object.entries(value)
        : [];
    if (done.children.size === 0 || children.length === 0) {
      if (!saysNothing(value))
        this.report(steps, 'is not known here and was left out', 'Look whether the pack needs it, and put it where Slipway has it.');
      return;
    }
    for (const [step, item] of children) this.#rest(item, [...steps, step], done.children.get(String(step)) ?? new Tree());
  }
}

/** An empty text, map or list, and what holds only such. */
function saysNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(saysNothing);
}

/** Places that are accounted for; `whole` with everything below. */
class Tree {
  whole = false;
  readonly children = new Map<string, Tree>();

  add([step, ...rest]: readonly PathStep[]): void {
    if (step === undefined) {
      this.whole = true;
      return;
    }
    const next = this.children.get(String(step)) ?? new Tree();
    this.children.set(String(step), next);
    next.add(rest);
  }
}

export const pathOf = (steps: readonly PathStep[]): string => steps.reduce<string>((path, step) => joinPath(path, step), '');
