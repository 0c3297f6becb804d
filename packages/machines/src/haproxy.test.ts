import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadBalancerServer } from './driver.ts';
import { assignSlots, haproxyConfig, parseServerState, slotCommands, slotCount, type LiveServer, type Slots } from './haproxy.ts';

const server = (name: string, octet: number, drain = false): LoadBalancerServer => ({
  name,
  address: `10.88.7.${octet}`,
  port: 6443,
  drain,
});
const servers = fc
  .uniqueArray(fc.integer({ min: 10, max: 60 }), { maxLength: slotCount })
  .map((octets) => octets.map((octet) => server(`cp-${octet}`, octet)));

describe('slots', () => {
  it('hold every server once and move none that stays', () => {
    fc.assert(
      fc.property(servers, servers, (before, after) => {
        const first = assignSlots([], before);
        const second = assignSlots(first, after);
        expect(
          second
            .filter(Boolean)
            .map((slot) => slot?.name)
            .toSorted(),
        ).toEqual(after.map((one) => one.name).toSorted());
        for (const one of before.filter((candidate) => after.some((other) => other.name === candidate.name))) {
          expect(second.findIndex((slot) => slot?.name === one.name)).toBe(first.findIndex((slot) => slot?.name === one.name));
        }
      }),
    );
  });

  it('refuse more servers than there are', () => {
    expect(() =>
      assignSlots(
        [],
        Array.from({ length: 17 }, (_, index) => server(`s${index}`, index + 10)),
      ),
    ).toThrow(/takes 16 servers, not 17/);
  });
});

/** What haproxy would report after these commands, by its manual. */
function obey(live: readonly LiveServer[], commands: readonly string[]): LiveServer[] {
  const next = live.map((one) => ({ ...one }));
  for (const command of commands.flatMap((line) => line.split('; '))) {
    const slot = next.find((one) => new RegExp(`servers/s${one.slot}( |$)`).test(command));
    if (!slot) throw new Error(command);
    const address = / addr (\S+) port (\d+)/.exec(command);
    if (address) [slot.address, slot.port] = [address[1] ?? '', Number(address[2])];
    const state = / state (\S+)/.exec(command)?.[1];
    if (state) [slot.maintenance, slot.drain] = [state === 'maint', state === 'drain'];
  }
  return next;
}

const reached = (live: readonly LiveServer[]) =>
  live
    .filter((one) => !one.maintenance)
    .map((one) => `${one.address}:${one.port}${one.drain ? ' drain' : ''}`)
    .toSorted();

describe('commands', () => {
  const empty: LiveServer[] = Array.from({ length: slotCount }, (_, slot) => ({
    slot,
    address: '0.0.0.0',
    port: 6443,
    maintenance: true,
    drain: false,
    operational: 0,
  }));
  it('bring haproxy from any set of servers to any other, and then say nothing', () => {
    const withDrain = fc
      .tuple(servers, fc.array(fc.boolean(), { minLength: slotCount, maxLength: slotCount }))
      .map(([list, drains]) => list.map((one, index) => ({ ...one, drain: drains[index] ?? false })));
    fc.assert(
      fc.property(withDrain, withDrain, (before, after) => {
        const first = assignSlots([], before);
        const live = obey(empty, slotCommands(empty, first));
        const second = assignSlots(first, after);
        const commands = slotCommands(live, second);
        const then = obey(live, commands);
        expect(reached(then)).toEqual(after.map((one) => `${one.address}:${one.port}${one.drain ? ' drain' : ''}`).toSorted());
        expect(slotCommands(then, second)).toEqual([]);
        const untouched = after.filter((one) => before.some((other) => other.name === one.name && other.drain === one.drain));
        for (const one of untouched) {
          const slot = second.findIndex((candidate) => candidate?.name === one.name);
          expect(commands.filter((command) => new RegExp(`servers/s${slot}( |$)`).test(command))).toEqual([]);
        }
      }),
    );
  });
});

describe("haproxy's own words", () => {
  it('are read as it writes them', () => {
    const text = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord
3 servers 1 s0 10.88.62.19 2 4 1 1 25 15 3 3 6 0 0 0 - 6443 - 0 0 - - 0
3 servers 2 s1 10.88.62.20 0 8 1 1 27 8 2 0 6 0 0 0 - 6443 - 0 0 - - 0
3 servers 3 s2 0.0.0.0 0 5 1 1 27 1 0 0 14 0 0 0 - 6443 - 0 0 - - 0
`;
    expect(parseServerState(text)).toEqual([
      // 4 only remembers that the configuration said "disabled".
      { slot: 0, address: '10.88.62.19', port: 6443, maintenance: false, drain: false, operational: 2 },
      { slot: 1, address: '10.88.62.20', port: 6443, maintenance: false, drain: true, operational: 0 },
      { slot: 2, address: '0.0.0.0', port: 6443, maintenance: true, drain: false, operational: 0 },
    ]);
  });

  it('name the servers that are known at its start', () => {
    const slots: Slots = [server('a', 10), null, server('b', 11)];
    const config = haproxyConfig(6443, slots);
    expect(config).toContain('server s0 10.88.7.10:6443\n');
    expect(config).toContain('server s1 0.0.0.0:6443 disabled\n');
    expect(config).toContain('server s2 10.88.7.11:6443\n');
    expect(config.match(/^ {2}server /gm)).toHaveLength(slotCount);
  });
});
