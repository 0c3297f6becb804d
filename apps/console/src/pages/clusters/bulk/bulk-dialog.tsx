import { Button, Dialog, Status, type Tone } from '@slipway/ui';
import { CircleCheck, CircleMinus, CircleX, Clock, type LucideIcon } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { KINDS } from '../../../hub/kinds.ts';
import type { Cluster } from '../../../hub/objects.ts';
import { client } from '../../../hub/session.ts';
import { type BulkAction, BULK_WORDS, confirmation, leftOut } from './actions.ts';
import { type BulkResult, runBulk } from './bulk.ts';

type Result = BulkResult<Cluster>;

/** Rows of results at most; what failed is among them first. */
const SHOWN = 200;
/** Many results come at once; they are shown together. */
const EVERY_MS = 150;

const ACTS: Readonly<Record<BulkAction, (cluster: Cluster) => Promise<unknown>>> = {
  pause: (cluster) => client.patch(addressOf(cluster), { spec: { paused: true } }),
  resume: (cluster) => client.patch(addressOf(cluster), { spec: { paused: false } }),
  // By uid: one of the same name that was made meanwhile is another.
  delete: (cluster) => client.delete(addressOf(cluster), { uid: cluster.metadata.uid }),
};

const addressOf = ({ metadata }: Cluster) => ({ kind: KINDS.clusters, project: metadata.namespace, name: metadata.name });
const noun = (count: number): string => `${count} ${count === 1 ? 'cluster' : 'clusters'}`;

/** One action for many clusters: what it does, asked once, and what came of it for each. */
export function BulkDialog(props: { readonly action: BulkAction; readonly clusters: readonly Cluster[]; readonly onClose: () => void }) {
  const { action, onClose } = props;
  const words = BULK_WORDS[action];
  const [results, setResults] = useState<readonly Result[]>();
  const [typed, setTyped] = useState('');
  const field = useId();
  // As they were when it was asked: those that the action reaches would fall out of the list otherwise.
  const [{ taking, skipped }] = useState(() => {
    const why = props.clusters.map((cluster) => leftOut(action, cluster));
    return {
      taking: props.clusters.filter((_one, index) => why[index] === undefined),
      skipped: why.filter((one) => one !== undefined).length,
    };
  });
  const wanted = confirmation(taking);
  const because = action === 'delete' && typed !== wanted ? `Type “${wanted}” first.` : undefined;
  const held = useRef<Result[]>([]);
  const run = async () => {
    held.current = taking.map((item) => ({ item, state: 'waiting' }));
    setResults([...held.current]);
    const timer = setInterval(() => setResults([...held.current]), EVERY_MS);
    await runBulk(taking, ACTS[action], (index, result) => (held.current[index] = result));
    clearInterval(timer);
    setResults([...held.current]);
  };
  return (
    <Dialog title={`${words.title} ${noun(taking.length)}`} onClose={onClose}>
      <div className="bulk-dialog">
        {results === undefined ? (
          <>
            <p>{words.consequence}</p>
            {skipped > 0 && (
              <p className="quiet">
                {noun(skipped)} of those you chose {skipped === 1 ? 'is' : 'are'} left out: there is nothing to do.
              </p>
            )}
            <ul className="bulk-results" aria-label="Clusters" tabIndex={0}>
              {taking.slice(0, SHOWN).map(({ metadata }) => (
                <li key={metadata.uid} className="bulk-result">
                  <span className="grow clip">{metadata.name}</span>
                  <span className="quiet">{metadata.namespace}</span>
                </li>
              ))}
            </ul>
            {action === 'delete' && (
              <label htmlFor={field}>
                Type <strong>{wanted}</strong> to delete
                <input
                  id={field}
                  className="field block"
                  value={typed}
                  autoComplete="off"
                  onChange={(event) => setTyped(event.target.value)}
                />
              </label>
            )}
          </>
        ) : (
          <Results results={results} done={words.done} />
        )}
        <div className="row dialog-actions">
          <Button onClick={onClose}>{results === undefined ? 'Cancel' : 'Close'}</Button>
          {results === undefined && (
            <Button look={action === 'delete' ? 'danger' : 'primary'} because={because} onClick={() => void run()}>
              {words.button} {noun(taking.length)}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

const LOOKS: Readonly<Record<Result['state'], { icon: LucideIcon; tone: Tone; word: string }>> = {
  failed: { icon: CircleX, tone: 'bad', word: 'Refused' },
  waiting: { icon: Clock, tone: 'quiet', word: 'Waiting' },
  done: { icon: CircleCheck, tone: 'ok', word: 'Done' },
  'left-out': { icon: CircleMinus, tone: 'quiet', word: 'Left out' },
};
const ORDER = Object.keys(LOOKS) as Result['state'][];

function Results({ results, done }: { readonly results: readonly Result[]; readonly done: string }) {
  const count = (state: Result['state']): number => results.filter((result) => result.state === state).length;
  const waiting = count('waiting');
  const shown = results.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state)).slice(0, SHOWN);
  return (
    <>
      <p role="status">
        {count('done')} of {results.length} {done}
        {count('failed') > 0 && `, ${count('failed')} refused`}
        {waiting > 0 && `, ${waiting} to come…`}
      </p>
      <ul className="bulk-results" aria-label="Result of each cluster" tabIndex={0}>
        {shown.map(({ item, state, message }) => (
          <li key={item.metadata.uid} className="bulk-result">
            <span className="bulk-result-state">
              <Status {...LOOKS[state]} />
            </span>
            <span className="grow">
              {item.metadata.name} <span className="quiet small">{item.metadata.namespace}</span>
              {message !== undefined && <span className="block quiet">{message}</span>}
            </span>
          </li>
        ))}
      </ul>
      {results.length > SHOWN && <p className="quiet small">The first {SHOWN} are shown; what was refused is among them first.</p>}
    </>
  );
}
