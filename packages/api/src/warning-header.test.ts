import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { warningHeaders, warningTexts } from './warning-header.ts';

describe('warnings', () => {
  it('come as they were said over real HTTP, whatever is in them', async () => {
    const texts = ['plain', 'a "quoted" \\ word', 'line\nbreak\tand \u0000 control', 'größer → mehr 🚀', '299 - "a trap"'];
    const server = createServer((_request, response) => response.setHeader('warning', warningHeaders(texts)).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const got = await new Promise<string[]>((resolve, reject) =>
      get({ port: (server.address() as AddressInfo).port }, (response) =>
        resolve(warningTexts(response.resume().headersDistinct['warning'] ?? [])),
      ).on('error', reject),
    );
    server.close();
    expect(got).toEqual(['plain', 'a "quoted" \\ word', 'line break and control', 'größer → mehr 🚀', '299 - "a trap"']);
  });

  it('never fill what clients read, and say how many are left out', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 3000 }), { maxLength: 60 }), (texts) => {
        const headers = warningHeaders(texts);
        const size = headers.reduce((sum, header) => sum + header.length, 0);
        expect(size).toBeLessThan(9000);
        for (const header of headers) expect(header).toMatch(/^299 - "[\x20-\x7e\x80-\xff]*"$/);
        const told = warningTexts(headers);
        if (told.length < texts.length) expect(told.at(-1)).toBe(`and ${texts.length - told.length + 1} more`);
      }),
    );
  });
});
