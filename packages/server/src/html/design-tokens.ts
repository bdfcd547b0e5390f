/**
 * Colours, spaces and type of every page, as CSS custom properties: safety paper by day, the same document under a UV
 * lamp by night. Text keeps a contrast of at least 4.5:1 on the grounds it is meant for, control borders 3:1.
 */

import type { Oklch } from './colour.ts'

const day = `color-scheme: light;
  --paper: oklch(0.972 0.008 205); --sheet: oklch(0.995 0.003 205); --sunk: oklch(0.945 0.012 205);
  --rule: oklch(0.86 0.018 210); --rule-strong: oklch(0.6 0.03 215);
  --ink: oklch(0.25 0.03 235); --ink-2: oklch(0.43 0.03 228); --ink-3: oklch(0.52 0.03 225);
  --intaglio: oklch(0.43 0.075 222); --intaglio-strong: oklch(0.36 0.062 224);
  --intaglio-tint: oklch(0.94 0.025 215); --on-intaglio: oklch(0.99 0.005 205);
  --ok: oklch(0.45 0.1 155); --ok-tint: oklch(0.95 0.035 155);
  --warn: oklch(0.48 0.1 70); --warn-tint: oklch(0.955 0.04 85);
  --bad: oklch(0.49 0.18 25); --bad-tint: oklch(0.955 0.022 20);
  --iris-a: oklch(0.53 0.09 215); --iris-b: oklch(0.5 0.14 300); --iris-c: oklch(0.58 0.16 5);
  --focus: oklch(0.5 0.17 300);`

const night = `color-scheme: dark;
  --paper: oklch(0.205 0.045 295); --sheet: oklch(0.25 0.05 295); --sunk: oklch(0.175 0.04 295);
  --rule: oklch(0.37 0.05 295); --rule-strong: oklch(0.62 0.05 292);
  --ink: oklch(0.95 0.012 290); --ink-2: oklch(0.82 0.025 290); --ink-3: oklch(0.73 0.03 290);
  --intaglio: oklch(0.82 0.1 205); --intaglio-strong: oklch(0.88 0.08 205);
  --intaglio-tint: oklch(0.3 0.045 240); --on-intaglio: oklch(0.2 0.04 240);
  --ok: oklch(0.82 0.12 160); --ok-tint: oklch(0.29 0.045 165);
  --warn: oklch(0.84 0.11 85); --warn-tint: oklch(0.3 0.045 80);
  --bad: oklch(0.76 0.14 20); --bad-tint: oklch(0.3 0.065 15);
  --iris-a: oklch(0.85 0.12 195); --iris-b: oklch(0.72 0.15 295); --iris-c: oklch(0.78 0.125 15);
  --focus: oklch(0.85 0.12 195);`

const schemes = { day, night }
export type Scheme = keyof typeof schemes

/** One of these colours, by the name of its property. */
export function tokenOf(scheme: Scheme, name: string): Oklch {
  const value = new RegExp(`--${name}: oklch\\(([\\d.]+) ([\\d.]+) ([\\d.]+)\\)`, 'u').exec(
    schemes[scheme],
  )
  if (value === null) throw new Error(`there is no colour --${name} by ${scheme}`)
  const [lightness = 0, chroma = 0, hue = 0] = value.slice(1).map(Number)
  return { lightness, chroma, hue }
}

/** The custom properties, by the reader's colour scheme. */
export const designTokens = `:root {
  ${day}
  --s-1: 4px; --s-2: 8px; --s-3: 12px; --s-4: 16px; --s-5: 20px; --s-6: 24px; --s-8: 32px; --s-10: 40px; --s-14: 56px;
  --r-control: 6px; --r-card: 10px; --r-document: 14px; --r-tag: 4px; --r-full: 999px;
  --line: 1px solid var(--rule); --line-strong: 3px double var(--rule-strong);
  --font-text: system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --font-code: ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace;
  --t-xs: 0.8125rem/1.35 var(--font-text); --t-sm: 0.875rem/1.45 var(--font-text);
  --t-md: 1rem/1.5 var(--font-text); --t-lg: 1.0625rem/1.4 var(--font-text);
  --t-xl: 1.25rem/1.3 var(--font-text); --t-2xl: 1.5rem/1.2 var(--font-text); --t-3xl: 1.75rem/1.2 var(--font-text);
}
@media (prefers-color-scheme: dark) { :root {
  ${night}
} }
`
