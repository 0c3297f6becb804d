import Markdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

/** A pack's own headings stand below those of the page, and what it shows of other hosts is not fetched. */
const COMPONENTS: Components = {
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h6>{children}</h6>,
  img: ({ alt = '' }) => <span className="quiet">[image{alt === '' ? '' : `: ${alt}`}]</span>,
  a: ({ href, children }) =>
    href === undefined || href.startsWith('#') ? (
      <span>{children}</span>
    ) : (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ),
  pre: ({ children }) => (
    <pre className="code" tabIndex={0}>
      {children}
    </pre>
  ),
  table: ({ children }) => (
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Table">
      <table className="table">{children}</table>
    </div>
  ),
  // A corner of a table has no heading.
  th: ({ children }) => (children === undefined ? <td /> : <th>{children}</th>),
  input: ({ checked }) => <span>{checked === true ? '☑' : '☐'}</span>,
};

/** Markdown of somebody else: no HTML of theirs, no image, no script address. */
export function Readme({ text }: { readonly text: string }) {
  return (
    <div className="readme">
      <Markdown skipHtml remarkPlugins={[remarkGfm]} components={COMPONENTS}>
        {text}
      </Markdown>
    </div>
  );
}
