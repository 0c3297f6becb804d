/**
 * Why a pattern is refused. Node's regular expressions backtrack, so a pattern from a user could stall the hub: what can take exponential time (a repeated group that
 * itself repeats or chooses, back-references, look-around) is not allowed, and few unbounded repeats are.
 */
export function checkPattern(pattern: string): string | undefined {
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return 'must be anchored: start with ^ and end with $';
  try {
    void new RegExp(pattern, 'u');
  } catch {
    return 'is not a valid regular expression';
  }
  return dangerOf(pattern);
}

interface Group {
  busy: boolean;
  alternatives: number;
}

/** Bits of choice a pattern may hold: an upper bound of 2^25 paths a failing match can try, a fraction of a second. */
const MAX_CHOICE = 25;
/** What an unbounded repeat adds: it may end after any of 256 characters. */
const UNBOUNDED_CHOICE = 8;

function dangerOf(pattern: string): string | undefined {
  const whole: Group = { busy: false, alternatives: 1 };
  const groups: Group[] = [whole];
  let choice = 0;
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    if (/^\\[1-9k]/.test(rest)) return 'must not use back-references';
    if (/^\(\?(?!:)/.test(rest)) return 'must not use look-around or named groups; (?:…) is fine';
    const group = groups.at(-1) ?? whole;
    if (rest.startsWith('\\')) at++;
    else if (rest.startsWith('[')) at = endOfClass(pattern, at);
    else if (rest.startsWith('(')) {
      groups.push({ busy: false, alternatives: 1 });
      if (rest[1] === '?') at += 2;
    } else if (rest.startsWith(')')) {
      groups.pop();
      choice += Math.log2(group.alternatives);
      if (group.busy && repeats(rest.slice(1))) return 'must not repeat a group that itself repeats or chooses (it could take forever)';
    } else {
      const bits = choiceOf(rest);
      choice += bits;
      if (rest.startsWith('|')) group.alternatives++;
      if (bits > 0 || rest.startsWith('|')) for (const open of groups) open.busy = true;
    }
  }
  return choice + Math.log2(whole.alternatives) > MAX_CHOICE
    ? 'has too many repeats and choices (it could take forever): use fewer of * + ? {} and |'
    : undefined;
}

/** Bits of choice of the quantifier at the start of the text: 0 when there is none, or only one way to match it. */
function choiceOf(rest: string): number {
  if (/^[*+]/.test(rest)) return UNBOUNDED_CHOICE;
  if (rest.startsWith('?')) return 1;
  const [, least = '', comma = '', most = ''] = /^\{(\d+)(,?)(\d*)\}/.exec(rest) ?? [];
  if (least === '' || comma === '') return 0;
  return most === '' ? UNBOUNDED_CHOICE : Math.min(UNBOUNDED_CHOICE, Math.log2(Number(most) - Number(least) + 1));
}

/** Whether the text starts with a quantifier that allows more than one repeat. */
const repeats = (rest: string): boolean => /^[*+]|^\{(?!0,?1?\}|1\})\d/.test(rest);

function endOfClass(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === ']') return at;
  }
  return pattern.length;
}
