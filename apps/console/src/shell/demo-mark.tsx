import './demo-mark.css';
import { useSession } from '../state/session-context.ts';

const WHAT = 'A demo: every cluster, person and event here is made up, and gone when the demo ends.';

/** Beside the scope of a demo, on every page: nobody takes what it shows for a fleet. */
export function DemoMark() {
  if (useSession().demo !== true) return null;
  return (
    <span className="demo-mark" title={WHAT}>
      Demo<span className="visually-hidden">: {WHAT}</span>
    </span>
  );
}
