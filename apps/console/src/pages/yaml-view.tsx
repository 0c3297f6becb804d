import { Button } from '@slipway/ui';
import { Copy } from 'lucide-react';
import type { ApiObject } from '@slipway/model';
import { useMemo } from 'react';
import { stringify } from 'yaml';
import { YamlEditor } from '../yaml/yaml-editor.tsx';

/** An object as it is stored; without who owns which field. In a file of its own: YAML is loaded when somebody asks for it. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function YamlView({ object }: { readonly object: ApiObject }) {
  const text = useMemo(() => stringify(object, { lineWidth: 0 }), [object]);
  return (
    <div className="yaml">
      <Button className="yaml-copy" onClick={() => void navigator.clipboard.writeText(text)}>
        <Copy size={14} aria-hidden />
        Copy
      </Button>
      <YamlEditor label="YAML" kind={object.kind} value={text} />
    </div>
  );
}
