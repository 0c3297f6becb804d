import { MergeView } from '@codemirror/merge';
import { useEffect, useRef } from 'react';
import { shadowOf, yamlSetup } from './code-setup.ts';

export interface CodeDiffProps {
  readonly before: { readonly label: string; readonly text: string };
  readonly after: { readonly label: string; readonly text: string };
}

/** Two texts beside each other; what is the same collapses. Loaded when it is shown, as the editor is. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function CodeDiff({ before, after }: CodeDiffProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current === null) return;
    const root = shadowOf(host.current);
    const side = ({ label, text }: CodeDiffProps['before']) => ({ doc: text, extensions: yamlSetup({ label, readOnly: true }) });
    const view = new MergeView({
      a: side(before),
      b: side(after),
      parent: root,
      root,
      gutter: false,
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => view.destroy();
  }, [before.label, before.text, after.label, after.text]);
  return (
    <div className="code-diff">
      <div className="code-diff-labels small quiet">
        <span>{before.label}</span>
        <span>{after.label}</span>
      </div>
      <div ref={host} />
    </div>
  );
}
