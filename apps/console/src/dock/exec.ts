import type { Transport } from '@slipway/api/browser';
import { SlipwayError } from '@slipway/kit/errors';
import { HUB } from '../hub/place.ts';
import { type ExecEnd, heard, PROTOCOL, resized, typed } from './channels.ts';
import { type PodRef, podPath } from './log-follow.ts';

/** Bash where there is one; the terminal's kind is said so that programs draw as they can. */
const SHELL = 'export TERM=xterm-256color; if command -v bash >/dev/null 2>&1; then exec bash; fi; exec /bin/sh';

export type ExecState =
  | { readonly word: 'connecting' | 'open' }
  /** Goes on by itself, with a new shell. */
  | { readonly word: 'lost'; readonly because: string }
  | { readonly word: 'ended'; readonly because: string };

export interface ExecEvents {
  onOutput(data: Uint8Array): void;
  onState(state: ExecState): void;
}

export interface Exec {
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** A new shell in place of one that ended. */
  again(): void;
  close(): void;
}

/** Another try does not help. */
const FINAL: ReadonlySet<string> = new Set(['Forbidden', 'Unauthorized', 'NotFound']);
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

const execAddress = (pod: PodRef, container: string): string => {
  const query = new URLSearchParams({ container, stdin: 'true', stdout: 'true', tty: 'true' });
  for (const word of ['/bin/sh', '-c', SHELL]) query.append('command', word);
  return `${podPath(pod)}/exec?${query.toString()}`;
};

/**
 * A shell in a container over the hub's tunnel, as kubectl has it; the browser sends the session's cookie and says which page asks. A connection that breaks comes back with a
 * new shell: what ran in the old one ended with it.
 */
export function openExec(transport: Transport, pod: PodRef & { readonly container: string }, events: ExecEvents): Exec {
  const { container, ...where } = pod;
  let socket: WebSocket | undefined;
  let size: readonly [columns: number, rows: number] | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  const connect = (): void => {
    events.onState({ word: 'connecting' });
    const opened = new WebSocket(`${HUB.replace(/^http/, 'ws')}${execAddress(where, container)}`, [PROTOCOL]);
    opened.binaryType = 'arraybuffer';
    socket = opened;
    let was = false;
    let end: ExecEnd | undefined;
    opened.addEventListener('open', () => {
      was = true;
      failures = 0;
      if (size !== undefined) opened.send(resized(...size));
      events.onState({ word: 'open' });
    });
    opened.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      const what = heard(data);
      if (what === undefined) return;
      if ('output' in what) events.onOutput(what.output);
      else end = what.end;
    });
    opened.addEventListener('close', () => {
      if (closed || socket !== opened) return;
      if (end !== undefined) return events.onState({ word: 'ended', because: endText(end) });
      void whyNot(transport, where, container).then((refused) => {
        if (closed || socket !== opened) return;
        if (refused !== undefined && FINAL.has(refused.code)) return events.onState({ word: 'ended', because: refused.message });
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
        failures += 1;
        events.onState({ word: 'lost', because: refused?.message ?? (was ? 'The connection broke.' : 'The shell could not be opened.') });
        timer = setTimeout(connect, wait);
      });
    });
  };
  connect();

  return {
    type: (text) => socket?.readyState === WebSocket.OPEN && socket.send(typed(text)),
    resize(columns, rows) {
      size = [columns, rows];
      if (socket?.readyState === WebSocket.OPEN) socket.send(resized(columns, rows));
    },
    again() {
      clearTimeout(timer);
      connect();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}

function endText({ code, message }: ExecEnd): string {
  if (code === 0) return 'The shell ended.';
  // No such program: images without a shell have nothing to open.
  if (/no such file|not found|executable file/i.test(message)) return `This container has no shell (/bin/sh): ${message}`;
  return code === undefined ? message : `The shell ended with code ${code}.`;
}

/** Browsers do not say why a WebSocket was refused. The same asked without an upgrade tells: “upgrade required” when nothing is in the way. */
async function whyNot(transport: Transport, pod: PodRef, container: string): Promise<SlipwayError | undefined> {
  try {
    await transport.text(execAddress(pod, container));
    return undefined;
  } catch (error) {
    return error instanceof SlipwayError && error.code !== 'BadRequest' ? error : undefined;
  }
}
