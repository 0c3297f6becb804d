/**
 * Fuzzes everything that reads what others wrote, and prints how many inputs each target got.
 *
 *     npm run fuzz                             100,000 inputs, another seed each time
 *     npm run fuzz -- --inputs 1000000
 *     npm run fuzz -- --seed 7 --from 1234 --inputs 1      one input again
 *     npm run fuzz -- --target archive
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { targets } from './targets.ts';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string' },
    from: { type: 'string', default: '0' },
    target: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const inputs = Number(values.inputs);
if (values.target !== undefined && !targets.some(({ name }) => name === values.target))
  throw new Error(`there is no target "${values.target}"; there are: ${targets.map(({ name }) => name).join(', ')}`);
console.log(`seed ${seed}, ${inputs.toLocaleString('en')} inputs, targets: ${values.target ?? targets.map(({ name }) => name).join(', ')}`);
const started = Date.now();
let told = 0;
const { counts, failure } = await fuzz({
  seed,
  inputs,
  from: Number(values.from),
  only: values.target,
  keepIn: join(tmpdir(), 'slipway-fuzz'),
  onProgress: (done) => {
    if (done - told < inputs / 10) return;
    told = done;
    console.log(`  ${done.toLocaleString('en')} inputs, ${Math.round((Date.now() - started) / 1000)} s`);
  },
});
for (const [name, count] of Object.entries(counts))
  if (count.inputs > 0)
    console.log(
      `${name.padEnd(20)}${count.inputs.toLocaleString('en').padStart(12)} inputs${count.refused.toLocaleString('en').padStart(12)} refused`,
    );
const total = Object.values(counts).reduce((sum, count) => sum + count.inputs, 0);
if (failure === undefined) {
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${total.toLocaleString('en')} inputs in ${Math.round((Date.now() - started) / 1000)} s: no crash, no hang, no escape; at most ${memory} MiB`,
  );
} else {
  console.error(`input ${failure.input} of target ${failure.target} failed: ${failure.message}`);
  process.exitCode = 1;
}
