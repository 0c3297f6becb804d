/** The channels of `v5.channel.k8s.io`: the first byte of every message. https://kubernetes.io/docs/reference/using-api/websockets/ */
export const PROTOCOL = 'v5.channel.k8s.io';
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

const encoder = new TextEncoder();

function framed(channel: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(data.length + 1);
  frame[0] = channel;
  frame.set(data, 1);
  return frame;
}

export const typed = (text: string): Uint8Array<ArrayBuffer> => framed(STDIN, encoder.encode(text));
export const resized = (columns: number, rows: number): Uint8Array<ArrayBuffer> =>
  framed(RESIZE, encoder.encode(JSON.stringify({ Width: columns, Height: rows })));

/** How the command ended, as the API server says it at the end. */
export interface ExecEnd {
  /** Undefined when it did not run at all. */
  readonly code: number | undefined;
  readonly message: string;
}

export type Heard = { readonly output: Uint8Array } | { readonly end: ExecEnd } | undefined;

export function heard(message: ArrayBuffer): Heard {
  const bytes = new Uint8Array(message);
  const data = bytes.subarray(1);
  switch (bytes[0]) {
    case STDOUT:
    case STDERR:
      return { output: data };
    case ERROR:
      return { end: endOf(new TextDecoder().decode(data)) };
    default:
      return undefined;
  }
}

interface Status {
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

function endOf(text: string): ExecEnd {
  let status: Status;
  try {
    status = JSON.parse(text) as Status;
  } catch {
    return { code: undefined, message: text };
  }
  if (status.status === 'Success') return { code: 0, message: '' };
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  return { code: code === undefined ? undefined : Number(code), message: status.message ?? status.reason ?? text };
}
