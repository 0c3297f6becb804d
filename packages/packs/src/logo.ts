import { PACK_LIMITS } from '@slipway/model';

/** Width and height that are still a logo: what a browser would have to unpack. */
const MAX_PIXELS = 2048;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A picture as a data URI, or why it is refused. PNG and SVG only, by what is in it rather than by its name. */
export function readLogo(data: Buffer): { uri: string } | { refused: string } {
  if (data.length > PACK_LIMITS.logo) return { refused: `it is larger than ${PACK_LIMITS.logo} bytes` };
  if (data.subarray(0, PNG.length).equals(PNG)) {
    const refused = pngProblem(data);
    return refused === undefined ? { uri: `data:image/png;base64,${data.toString('base64')}` } : { refused };
  }
  const text = data
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  if (!/^<(\?xml|!--|svg)/.test(text)) return { refused: 'it is neither PNG nor SVG' };
  const refused = svgProblem(text);
  return refused === undefined ? { uri: `data:image/svg+xml;base64,${Buffer.from(text).toString('base64')}` } : { refused };
}

/** The picture in a data URI, checked in the same way. */
export function readLogoUri(uri: string): ReturnType<typeof readLogo> {
  const [, base64] = /^data:image\/(?:png|svg\+xml);base64,([A-Za-z0-9+/=\s]*)$/.exec(uri) ?? [];
  return base64 === undefined ? { refused: 'it is not a data URI of a PNG or SVG in base64' } : readLogo(Buffer.from(base64, 'base64'));
}

function pngProblem(data: Buffer): string | undefined {
  if (data.length < 33 || data.subarray(12, 16).toString('latin1') !== 'IHDR') return 'it is a broken PNG';
  const [width, height] = [data.readUInt32BE(16), data.readUInt32BE(20)];
  if (width === 0 || height === 0) return 'it is a broken PNG';
  return width > MAX_PIXELS || height > MAX_PIXELS ? `it is larger than ${MAX_PIXELS} by ${MAX_PIXELS} pixels` : undefined;
}

const ELEMENTS = new Set(
  (
    'svg g path rect circle ellipse line polyline polygon defs title desc text tspan symbol clipPath mask pattern use marker ' +
    'linearGradient radialGradient stop filter feGaussianBlur feOffset feBlend feFlood feComposite feColorMatrix feMerge feMergeNode'
  ).split(' '),
);
const TAG = /<(\/?)([A-Za-z][\w:.-]{0,100})((?:\s+[\w:.-]{1,100}(?:\s*=\s*(?:"[^"<]*"|'[^'<]*'))?)*)\s*(\/?)>/y;
const SKIPPED = /<\?xml[^<>?]{0,200}\?>|<!--(?:(?!--)[^])*?-->|[^<]+/y;

/** An SVG may only draw: elements from a list, nothing that runs, loads, or names another place. Whatever this cannot read is refused too. */
function svgProblem(text: string): string | undefined {
  for (let at = 0; at < text.length;) {
    SKIPPED.lastIndex = at;
    TAG.lastIndex = at;
    const tag = TAG.exec(text);
    if (tag) {
      const [whole, , name = '', attributes = ''] = tag;
      if (!ELEMENTS.has(name) && !/^(sodipodi|inkscape|rdf|cc|dc):/.test(name) && name !== 'metadata')
        return `it holds the element <${name}>`;
      const problem = attributesProblem(attributes);
      if (problem !== undefined) return problem;
      at += whole.length;
    } else if (SKIPPED.test(text)) at = SKIPPED.lastIndex;
    else return `it is not plain SVG (near "${text.slice(at, at + 20).replace(/[^ -~]/g, '?')}")`;
  }
  return undefined;
}

function attributesProblem(attributes: string): string | undefined {
  for (const [, name = '', double, single] of attributes.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    const value = decoded(double ?? single ?? '');
    const key = name.toLowerCase();
    if (key.startsWith('on')) return `it holds the attribute ${name}`;
    if (/(^|:)href$/.test(key) && !value.trim().startsWith('#')) return `it refers to something outside by ${name}`;
    if (key.startsWith('xmlns')) continue;
    if (/url\s*\(\s*['"]?(?!#)|@import|javascript:|expression\s*\(|\\/i.test(value)) return `it refers to something outside by ${name}`;
  }
  return undefined;
}

/** A browser sees `&#106;avascript` as it sees the letter. */
const decoded = (value: string): string =>
  value.replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));?/gi, (_, hex?: string, decimal?: string) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '?';
  });
