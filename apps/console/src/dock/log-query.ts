/** Of when a log is wanted. */
export const RANGES = [
  ['300', 'Last 5 minutes'],
  ['900', 'Last 15 minutes'],
  ['3600', 'Last hour'],
  ['86400', 'Last 24 hours'],
  ['all', 'Everything'],
  ['between', 'Between …'],
] as const;

export interface LogChoice {
  readonly container: string | undefined;
  readonly previous: boolean;
  readonly follow: boolean;
  /** Seconds, `all` or `between`. */
  readonly range: string;
  /** Of `between`: what `<input type="datetime-local">` gives, in the reader's own time. */
  readonly from: string;
  readonly until: string;
}

export const FIRST_CHOICE: LogChoice = { container: undefined, previous: false, follow: true, range: '3600', from: '', until: '' };

/** More than a buffer holds is not asked for. */
const TAIL = 20_000;

const instant = (local: string): string | undefined =>
  local === '' || Number.isNaN(Date.parse(local)) ? undefined : new Date(local).toISOString();

/** A previous container has ended, and so has a stretch of time: nothing more comes of them. */
export const follows = ({ follow, previous, range, until }: LogChoice): boolean =>
  follow && !previous && !(range === 'between' && instant(until) !== undefined);

/** What the API server is asked; `resumeAt` goes on where a stream broke off. */
export function logQuery(choice: LogChoice, resumeAt?: string): Record<string, string | undefined> {
  const { container, previous, range, from } = choice;
  const seconds = /^\d+$/.test(range) && resumeAt === undefined ? range : undefined;
  const sinceTime = resumeAt ?? (range === 'between' ? instant(from) : undefined);
  return {
    container,
    timestamps: 'true',
    previous: previous ? 'true' : undefined,
    follow: follows(choice) ? 'true' : undefined,
    sinceSeconds: seconds,
    sinceTime,
    tailLines: range === 'between' || resumeAt !== undefined ? undefined : String(TAIL),
  };
}

/** Whether a line is later than somebody asked for. */
export function isBeyond({ range, until }: LogChoice, time: string): boolean {
  const end = range === 'between' ? instant(until) : undefined;
  return end !== undefined && time !== '' && Date.parse(time) > Date.parse(end);
}

/** The same by command line, for what is more than a page can hold. */
export function logCommand(pod: { namespace: string; pod: string; project: string; cluster: string }, choice: LogChoice): string {
  const since = /^\d+$/.test(choice.range) ? ` --since=${choice.range}s` : '';
  return `slipway kubectl --cluster ${pod.cluster} -p ${pod.project} -- logs -n ${pod.namespace} ${pod.pod}${choice.container === undefined ? '' : ` -c ${choice.container}`}${choice.previous ? ' --previous' : ''}${since} > ${pod.pod}.log`;
}
