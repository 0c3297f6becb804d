import type { DriftFact } from '@slipway/model';
import { coveredBy, driftedText, ignorePatch, ignoreRule } from '@slipway/model/browser';
import { useState } from 'react';
import type { Cluster } from '../../hub/objects.ts';
import { ReviewDialog } from './review-dialog.tsx';

/** A rule, with what it covers while it is written. */
export function IgnoreDialog({
  cluster,
  fact,
  onClose,
}: {
  readonly cluster: Cluster;
  readonly fact: DriftFact;
  readonly onClose: () => void;
}) {
  const [whole, setWhole] = useState(fact.diff.length === 0);
  const [paths, setPaths] = useState<readonly string[]>(fact.diff.map(({ path }) => path));
  const rules = whole ? [ignoreRule(fact, undefined)] : paths.map((path) => ignoreRule(fact, path));
  const covered = rules.flatMap((rule) => coveredBy(rule, cluster.status?.drift ?? []));
  const words = covered.flatMap(({ paths: under }) => (whole ? ['the object as a whole'] : under));
  return (
    <ReviewDialog
      cluster={cluster}
      title={`Ignore what differs of ${driftedText(fact.object)}`}
      patch={ignorePatch(cluster.spec, rules)}
      onClose={onClose}
      because={words.length === 0 ? 'The rule covers nothing that differs.' : undefined}
    >
      <label className="row">
        <input type="checkbox" checked={whole} onChange={({ target }) => setWhole(target.checked)} />
        The whole object, its deletion included
      </label>
      {!whole &&
        paths.map((path, index) => (
          <label key={fact.diff[index]?.path} className="stack drift-path">
            <span>Field, and all below it</span>
            <input
              className="field mono"
              value={path}
              onChange={({ target }) => setPaths(paths.map((before, at) => (at === index ? target.value : before)))}
            />
          </label>
        ))}
      <div role="status">
        <strong>The rule leaves alone:</strong>
        <ul className="bullets">
          {words.length === 0 ? <li>nothing that differs now</li> : [...new Set(words)].map((word) => <li key={word}>{word}</li>)}
        </ul>
      </div>
    </ReviewDialog>
  );
}
