import type { NewObject } from '@slipway/model';
import { Skeleton } from '@slipway/ui';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { KIND_PLACES } from '../../paths.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { NotFoundPage } from '../problem-pages.tsx';
import { kindWords, pluralWords } from './kind-words.ts';

const ObjectEditor = lazy(() => import('../../forms/object-editor.tsx'));

export function NewObjectPage() {
  const { section, plural } = useParams({ from: '/clusters/$section/new/$plural' });
  const { project = 'default' } = useSearch({ from: '__root__' });
  const { spec = {} } = useSearch({ from: '/clusters/$section/new/$plural' });
  const navigate = useNavigate();
  const name = KIND_PLACES.find((one) => one.section === section)?.kinds.find((one) => one === plural);
  if (name === undefined) return <NotFoundPage />;
  const kind = KINDS[name];
  const metadata = { name: '', ...(kind.scope === 'project' ? { namespace: project } : {}) };
  const start = { apiVersion: 'slipway.dev/v1', kind: kind.kind, metadata, spec } as unknown as NewObject;
  return (
    <>
      <PageHead
        title={`Create ${kindWords(name).toLowerCase()}`}
        parent={{ to: `/clusters/${section}`, search: { kind: name }, title: pluralWords(name) }}
      />
      <Suspense fallback={<Skeleton lines={12} />}>
        <ObjectEditor
          key={name}
          kind={kind}
          start={start}
          onSaved={({ metadata: saved }) =>
            void navigate({
              to: '/clusters/$section/$plural/$name',
              params: { section, plural, name: saved.name },
              search: (before) => ({ project: before.project, in: saved.namespace }),
            })
          }
          onCancel={() =>
            void navigate({ to: '/clusters/$section', params: { section }, search: (before) => ({ project: before.project, kind: name }) })
          }
        />
      </Suspense>
    </>
  );
}
