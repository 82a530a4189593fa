import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { NODE_NAMES } from '../../src/components/site/node-shapes.ts';

type Rgb = [number, number, number];

const CSS = readFileSync(new URL('../../src/styles/tokens.css', import.meta.url), 'utf8');

/** Linear sRGB of `oklch(L C h)`, after Björn Ottosson's definition of OKLab, clipped to the gamut. */
function linearRgb(lightness: number, chroma: number, hueDegrees: number): Rgb {
  const a = chroma * Math.cos((hueDegrees * Math.PI) / 180);
  const b = chroma * Math.sin((hueDegrees * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb: Rgb = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return rgb.map((part) => Math.min(1, Math.max(0, part))) as Rgb;
}

/** The token in light and in dark, as relative luminance (WCAG 2.2). */
function luminances(token: string): { light: number; dark: number } {
  const colour = String.raw`oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)`;
  const match = new RegExp(String.raw`--${token}: light-dark\(${colour}, ${colour}\)`).exec(CSS);
  if (match === null) throw new Error(`tokens.css has no --${token} as light-dark(oklch, oklch)`);
  const [light, dark] = [match.slice(1, 4), match.slice(4, 7)].map((part) => {
    const [r, g, b] = linearRgb(Number(part[0]), Number(part[1]), Number(part[2]));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  });
  return { light: light!, dark: dark! };
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

const SURFACES = ['paper', 'snow', 'scree'];
const TEXTS = ['ink', 'ink-soft', 'lichen', 'rust', ...NODE_NAMES.map((name) => `node-${name}`)];

describe.each(['light', 'dark'] as const)('the %s theme', (theme) => {
  test.each(TEXTS)('%s is readable as text on every surface (4.5:1)', (text) => {
    for (const surface of SURFACES) {
      expect(
        contrast(luminances(text)[theme], luminances(surface)[theme]),
        `${text} on ${surface}`,
      ).toBeGreaterThanOrEqual(4.5);
    }
  });

  test.each([
    ['ink', 'lichen-wash'],
    ['ink', 'rust-wash'],
    ['lichen', 'lichen-wash'],
    ['rust', 'rust-wash'],
    ['paper', 'ink'],
  ])('%s is readable on %s (4.5:1)', (text, surface) => {
    expect(contrast(luminances(text)[theme], luminances(surface)[theme])).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['focus', 'hairline-strong'])('%s can be seen on every surface (3:1)', (line) => {
    for (const surface of SURFACES) {
      expect(
        contrast(luminances(line)[theme], luminances(surface)[theme]),
        `${line} on ${surface}`,
      ).toBeGreaterThanOrEqual(3);
    }
  });

  test('the node colours differ in lightness by less than a tenth', () => {
    const values = NODE_NAMES.map((name) => luminances(`node-${name}`)[theme]);
    expect((Math.max(...values) + 0.05) / (Math.min(...values) + 0.05)).toBeLessThan(1.25);
  });
});
