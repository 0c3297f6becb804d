import { Button, Notice, Panel } from '@slipway/ui';
import type { FieldDiff } from '@slipway/model/browser';
import { Users } from 'lucide-react';
import { mineOnTheirs, threeWays } from './three-ways.ts';

interface TwoPeopleProps {
  readonly base: string;
  readonly theirs: string;
  readonly mine: string;
  /** Goes on with this text, on top of their version. */
  readonly onTake: (text: string) => void;
}

/** Somebody else saved the object meanwhile: what each changed, and nothing is written over unseen. */
export function TwoPeople({ base, theirs, mine, onTake }: TwoPeopleProps) {
  const ways = threeWays(base, theirs, mine);
  return (
    <>
      <Notice icon={Users} tone="warn" role="alert">
        <p>
          Somebody else saved this while you were editing.{' '}
          {ways.conflicts.length === 0
            ? 'You changed different fields, so both can stand.'
            : `You both changed ${ways.conflicts.map(({ path }) => path).join(', ')}.`}
        </p>
      </Notice>
      <Panel title="Who changed what" flush>
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Changes">
          <table className="table">
            <thead>
              <tr>
                <th>Field</th>
                <th>When you began</th>
                <th>They</th>
                <th>You</th>
              </tr>
            </thead>
            <tbody>
              {[...new Set([...ways.theirs, ...ways.mine].map(({ path }) => path))].toSorted().map((path) => (
                <tr key={path}>
                  <td>
                    <code>{path}</code>
                  </td>
                  <td>{shown(before(path, ways.theirs, ways.mine))}</td>
                  <td>{change(path, ways.theirs)}</td>
                  <td>{change(path, ways.mine)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className="form-foot">
          <Button look="primary" onClick={() => onTake(mineOnTheirs(theirs, ways))}>
            {ways.conflicts.length === 0 ? 'Keep both' : 'Keep mine where both changed'}
          </Button>
          {ways.conflicts.length > 0 && (
            <Button
              onClick={() => {
                const lost = new Set(ways.conflicts.map(({ path }) => path));
                onTake(mineOnTheirs(theirs, { ...ways, mine: ways.mine.filter(({ path }) => !lost.has(path)) }));
              }}
            >
              Keep theirs where both changed
            </Button>
          )}
          <Button onClick={() => onTake(theirs)}>Throw mine away</Button>
        </div>
      </Panel>
    </>
  );
}

const shown = (value: unknown): string => (value === undefined ? 'not set' : typeof value === 'string' ? value : JSON.stringify(value));
const at = (path: string, diffs: readonly FieldDiff[]): FieldDiff | undefined => diffs.find((one) => one.path === path);
const before = (path: string, ...sides: (readonly FieldDiff[])[]): unknown =>
  sides.map((side) => at(path, side)).find((one) => one !== undefined)?.from;
const change = (path: string, diffs: readonly FieldDiff[]): string => {
  const found = at(path, diffs);
  return found === undefined ? 'not changed' : shown(found.to);
};
