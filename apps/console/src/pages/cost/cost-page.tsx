import { costByProject, costCells, csvText, projectCells } from '@slipway/model/browser';
import { Button, Empty, Panel, Skeleton, Tabs } from '@slipway/ui';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Boxes, Download, FilterX, Search } from 'lucide-react';
import { saveText } from '../../dock/save-text.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { Refused } from '../problem-pages.tsx';
import './cost.css';
import { ClusterLines, ProjectLines } from './cost-lines.tsx';
import { useCosts } from './use-costs.ts';

/** What clusters are expected to cost by what they declare: an estimate, and called one. */
export function CostPage() {
  const { by, q = '', project } = useSearch({ from: '/clusters/cost' });
  const navigate = useNavigate({ from: '/clusters/cost' });
  const { rows, loading, error } = useCosts(project);
  const shown = rows.filter((row) => `${row.project}/${row.cluster} ${row.account}`.toLowerCase().includes(q.toLowerCase()));
  const sums = costByProject(shown);
  const save = () => saveText(`cost-by-${by ?? 'cluster'}.csv`, csvText(by === 'project' ? projectCells(sums) : costCells(shown)));
  return (
    <>
      <PageHead
        title="Cost"
        beside={<span className="quiet">an estimate, as declared</span>}
        actions={
          <Button because={shown.length === 0 ? 'There is nothing to save' : undefined} onClick={save}>
            <Download size={14} aria-hidden />
            Save as CSV
          </Button>
        }
      />
      {error !== undefined && <Refused error={error} />}
      {error === undefined && (
        <>
          <Tabs label="Added up">
            <Link
              to="/clusters/cost"
              search={(before) => ({ ...before, by: undefined })}
              activeOptions={{ exact: true }}
              className="tab"
              aria-current={by === undefined ? 'true' : undefined}
            >
              By cluster
            </Link>
            <Link
              to="/clusters/cost"
              search={(before) => ({ ...before, by: 'project' as const })}
              className="tab"
              aria-current={by === 'project' ? 'true' : undefined}
            >
              By project
            </Link>
          </Tabs>
          <div className="with-icon filter-field">
            <Search size={15} aria-hidden />
            <input
              className="field"
              type="search"
              data-filter
              aria-label="Filter clusters"
              placeholder="Filter"
              value={q}
              onChange={({ target }) => void navigate({ search: (before) => ({ ...before, q: target.value || undefined }), replace: true })}
            />
          </div>
          <Panel
            title={by === 'project' ? 'Projects' : 'Clusters'}
            flush
            aside={<span className="quiet small">a month has 730 hours</span>}
          >
            {loading && rows.length === 0 && (
              <div className="panel-body">
                <Skeleton lines={6} />
              </div>
            )}
            {!loading && rows.length === 0 && (
              <Empty icon={Boxes} title="No clusters yet">
                <p>
                  What they cost is told here once there are some. <Link to="/clusters/new">Create a cluster</Link>
                </p>
              </Empty>
            )}
            {rows.length > 0 && shown.length === 0 && (
              <Empty icon={FilterX} title="Nothing matches">
                <Button onClick={() => void navigate({ search: (before) => ({ ...before, q: undefined }) })}>Clear the filter</Button>
              </Empty>
            )}
            {shown.length > 0 && (by === 'project' ? <ProjectLines sums={sums} /> : <ClusterLines rows={shown} />)}
          </Panel>
          <p className="small quiet">
            Counted by the sizes that control planes and pools declare and the <code>spec.prices</code> of their cloud account. What is
            used, and what a cloud bills, is not known here.
          </p>
        </>
      )}
    </>
  );
}
