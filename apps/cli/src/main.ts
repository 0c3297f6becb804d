import { runCli } from './program.ts';

process.exitCode = await runCli(process.argv.slice(2), process);
// A watch or an open keep-alive connection must not hold a finished command; what was written is flushed first.
if (process.env['SLIPWAY_CLI_LINGER'] !== '1') {
  const code = process.exitCode;
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}
