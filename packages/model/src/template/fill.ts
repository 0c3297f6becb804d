import type { FieldCause } from '@slipway/kit';
import { invalidField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { MASK } from '../meta/mask.ts';
import type { PathStep } from '../meta/value-path.ts';
import { asText, type Budget, evaluate, type Known, known, type References, TemplateProblem } from './evaluate.ts';
import { segmentsOf } from './parse.ts';
import type { Segment } from './syntax.ts';

/** A text that holds a secret: where it stands in what was filled, and what may be shown instead. */
export interface SecretLeaf {
  readonly at: readonly PathStep[];
  readonly shown: string;
}

/** What was filled in, with what must be hidden of it. */
export interface Filled extends Known {
  readonly leaves: readonly SecretLeaf[];
}

export interface FillScope {
  readonly references: References;
  readonly budget: Budget;
  /** What is wrong is added here, with its place. */
  readonly causes: FieldCause[];
  /** Every text that a secret went into is added here. */
  readonly secretTexts: Set<string>;
}

const isExpression = (segment: Segment): segment is Extract<Segment, { type: 'expression' }> => segment.type === 'expression';

/**
 * Every string of `value` with its references replaced; a string that is exactly one reference becomes what it refers to, with its type. A value never changes the
 * structure around it: it stands where the reference stood.
 */
export function fill(value: unknown, path: string, scope: FillScope): Filled {
  const run = new Run(path, scope);
  const filled = run.fill(value);
  return { ...filled, leaves: run.leaves };
}

/** As {@link fill} for a text that must stay text, such as a chart's version. */
export function fillString(text: string, path: string, scope: FillScope): string {
  const { value } = fill(text, path, scope);
  return typeof value === 'object' ? text : String(value);
}

class Run {
  readonly leaves: SecretLeaf[] = [];
  private readonly at: PathStep[] = [];
  private readonly path: string;
  private readonly scope: FillScope;

  constructor(path: string, scope: FillScope) {
    this.path = path;
    this.scope = scope;
  }

  fill(value: unknown): Known {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return this.list(value);
    if (typeof value === 'object' && value !== null) return this.map(value as Readonly<Record<string, unknown>>);
    return known(value);
  }

  private list(items: readonly unknown[]): Known {
    const filled = items.map((item, index) => this.below(index, item));
    return this.whole(
      filled.map(({ value }) => value),
      filled,
    );
  }

  private map(record: Readonly<Record<string, unknown>>): Known {
    const entries = Object.entries(record).map(([key, item]) => {
      const name = key.includes('{{') ? this.key(key) : key;
      return [name, this.below(name, item)] as const;
    });
    const names = new Set(entries.map(([name]) => name));
    if (names.size < entries.length) this.wrong('two of its keys are the same once references are filled in');
    const value = Object.fromEntries(entries.map(([name, item]) => [name, item.value]));
    return this.whole(
      value,
      entries.map(([, item]) => item),
      entries.reduce((sum, [name]) => sum + name.length + 4, 0),
    );
  }

  private whole(value: unknown, parts: readonly Known[], own = 0): Known {
    return {
      value,
      secret: parts.some(({ secret }) => secret),
      unsure: parts.some(({ unsure }) => unsure),
      weight: parts.reduce((sum, { weight }) => sum + weight + 1, own + 2),
    };
  }

  private below(step: PathStep, item: unknown): Known {
    this.at.push(step);
    const filled = this.fill(item);
    this.at.pop();
    return filled;
  }

  private key(key: string): string {
    const { value, secret } = this.text(key);
    if (secret) this.wrong('a secret cannot be the name of a key: names are shown');
    return typeof value === 'string' ? value : String(value);
  }

  private text(text: string): Known {
    const segments = segmentsOf(text);
    const [only] = segments;
    if (segments.length === 1 && only?.type === 'text') return known(text);
    try {
      return this.evaluated(segments);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      this.wrong(error.message);
      return known('', { unsure: true });
    }
  }

  private evaluated(segments: readonly Segment[]): Known {
    const broken = segments.find((segment) => segment.type === 'broken');
    if (broken !== undefined) throw new TemplateProblem(`holds a reference that ${broken.message}`);
    const [first, ...more] = segments.filter(isExpression);
    const alone =
      first !== undefined &&
      more.length === 0 &&
      segments.every((one) => isExpression(one) || (one.type === 'text' && one.text.trim() === ''));
    const { references, budget } = this.scope;
    if (alone) {
      const found = evaluate(first.pipeline, references, budget);
      if (found.secret) this.hide(found.value, MASK);
      return found;
    }
    return this.mixed(segments);
  }

  private mixed(segments: readonly Segment[]): Known {
    const { references, budget } = this.scope;
    let text = '';
    let shown = '';
    let secret = false;
    let unsure = false;
    for (const segment of segments) {
      if (!isExpression(segment)) {
        const piece = segment.type === 'text' ? segment.text : '';
        text += piece;
        shown += piece;
        continue;
      }
      const found = evaluate(segment.pipeline, references, budget);
      const piece = asText(found, segment.pipeline.head);
      text += piece;
      shown += found.secret ? MASK : piece;
      if (found.secret) this.scope.secretTexts.add(piece);
      secret ||= found.secret;
      unsure ||= found.unsure;
    }
    if (secret) this.leaves.push({ at: [...this.at], shown });
    return known(text, { secret, unsure });
  }

  private hide(value: unknown, shown: string): void {
    this.leaves.push({ at: [...this.at], shown });
    textsIn(value, this.scope.secretTexts);
  }

  private wrong(message: string): void {
    this.scope.causes.push(
      invalidField(
        this.at.reduce<string>((path, step) => joinPath(path, step), this.path),
        message,
      ),
    );
  }
}

function textsIn(value: unknown, found: Set<string>): void {
  if (typeof value === 'string' || typeof value === 'number') found.add(String(value));
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) textsIn(item, found);
}
