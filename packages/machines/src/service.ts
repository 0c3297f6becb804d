/**
 * Runs a server again when it ends, so that it does not depend on any process of the host; on SIGTERM passes it on and ends. `$1` is the log
 * file, the rest the command. The log is cut when it has grown.
 */
const supervisor = `log=$1; shift
trap 'stopping=1; kill "$child" 2>/dev/null' TERM
until [ "\${stopping:-}" ]; do
  [ -n "$(find "$log" -size +8M 2>/dev/null)" ] && mv "$log" "$log.old"
  "$@" >>"$log" 2>&1 &
  child=$!
  wait "$child"
  [ "\${stopping:-}" ] || { echo "ended with status $?; starting it again" >>"$log"; sleep 0.5; }
done
wait`;

/** Arguments of a service container's init: tini, which reaps, and the supervisor. `log` is a path inside. */
export const serviceArguments = (command: readonly string[], log: string): string[] => [
  'tini',
  '--',
  'bash',
  '-c',
  supervisor,
  'service',
  log,
  ...command,
];
