/** The stylesheet of the reference: a quiet, ruled document. */

import { designTokens } from '../html/design-tokens.ts'

/** Everything, tokens included. */
export const referenceStyle = `${designTokens}
*, ::before, ::after { box-sizing: border-box; }
html { scroll-padding-block-start: var(--s-6); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: var(--t-md); }
a { color: var(--intaglio); text-underline-offset: 0.2em; }
a:hover { color: var(--intaglio-strong); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: var(--r-tag); }
main:focus { outline: none; }
code, pre { font-family: var(--font-code); font-size: 0.875em; }
code { overflow-wrap: anywhere; }
.skip { position: absolute; inset-block-start: var(--s-2); inset-inline-start: -100vw; padding: var(--s-2) var(--s-4);
  background: var(--intaglio); color: var(--on-intaglio); border-radius: var(--r-control); z-index: 1; }
.skip:focus { inset-inline-start: var(--s-2); color: var(--on-intaglio); }

body > header { border-block-end: var(--line-strong); }
.banner { max-inline-size: 1180px; margin-inline: auto; display: flex; flex-wrap: wrap; gap: var(--s-2) var(--s-6); align-items: baseline; justify-content: space-between;
  padding: var(--s-4) var(--s-6); }
.product { margin: 0; font: 600 var(--t-xl); letter-spacing: -0.01em; }
.host { margin-inline-start: var(--s-2); font: 400 0.8125rem/1.35 var(--font-code); color: var(--ink-3); letter-spacing: 0; overflow-wrap: anywhere; }
.pages { display: flex; flex-wrap: wrap; gap: 0 var(--s-5); margin: 0; padding: 0; list-style: none; font: var(--t-sm); }
.pages a { display: inline-block; padding-block: var(--s-1); }

.columns { display: grid; grid-template-columns: 232px minmax(0, 1fr); max-width: 1180px; margin-inline: auto; }
nav { position: sticky; inset-block-start: 0; align-self: start; max-block-size: 100vh; overflow-y: auto; padding: var(--s-8) var(--s-4) var(--s-8) var(--s-6); font: var(--t-sm); }
nav ul { margin: 0; padding: 0; list-style: none; }
nav > ul > li { margin-block-end: var(--s-4); font-weight: 600; }
nav li li { font-weight: 400; }
nav li ul { margin-block-start: var(--s-1); border-inline-start: var(--line); }
nav li li a { padding-inline-start: var(--s-3); }
nav a { display: block; padding-block: 3px; color: var(--ink-2); text-decoration: none; overflow-wrap: anywhere; }
nav a:hover { color: var(--intaglio); text-decoration: underline; }
main { min-width: 0; padding: var(--s-8) var(--s-6) var(--s-14) var(--s-8); border-inline-start: var(--line); background: var(--sheet); }

h1 { margin: 0 0 var(--s-4); font: 600 var(--t-3xl); letter-spacing: -0.01em; }
h2 { margin: var(--s-14) 0 var(--s-2); padding-block-end: var(--s-2); border-block-end: var(--line-strong); font: 600 var(--t-xl); }
h1 + section > h2 { margin-block-start: var(--s-6); }
h3 { display: flex; flex-wrap: wrap; gap: var(--s-1) var(--s-3); align-items: center; margin: 0 0 var(--s-2); font: 600 var(--t-lg); }
h4 { margin: var(--s-6) 0 var(--s-2); font: 600 var(--t-sm); color: var(--ink-2); }
h2 > a, h3 > a { color: inherit; text-decoration: none; overflow-wrap: anywhere; }
h2 > a:hover, h3 > a:hover { color: var(--intaglio); text-decoration: underline; }
p { margin: 0 0 var(--s-3); max-width: 68ch; }
article { padding-block: var(--s-8); border-block-end: var(--line); }
article:last-child { border-block-end: 0; }

dl { margin: 0 0 var(--s-4); }
.lines { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: var(--s-1) var(--s-4); align-items: baseline; }
dt { font: var(--t-xs); color: var(--ink-3); }
dd { margin: 0; }
.wires { display: grid; grid-template-columns: max-content minmax(0, 60ch); gap: var(--s-2) var(--s-4); font: var(--t-sm); }
.wires dt { font: 600 var(--t-sm); color: var(--ink); max-inline-size: 9ch; }
.access, .tag { display: inline-block; padding: 1px var(--s-2); border-radius: var(--r-tag); font: 500 var(--t-xs); white-space: nowrap; }
.access { background: var(--intaglio-tint); color: var(--intaglio); }
.access.public { background: var(--ok-tint); color: var(--ok); }
.access.permission, .access.recent, .access.client { background: var(--warn-tint); color: var(--warn); }
.tag { display: block; padding: 0; color: var(--ink-3); }

.scroll { overflow-x: auto; margin-block-end: var(--s-3); }
table { inline-size: 100%; border-collapse: collapse; font: var(--t-sm); }
th, td { padding: var(--s-2) var(--s-4) var(--s-2) 0; border-block-end: var(--line); text-align: start; vertical-align: top; }
thead th { border-block-end: var(--line-strong); font-weight: 500; color: var(--ink-2); white-space: nowrap; }
tbody th { font-weight: 400; white-space: nowrap; }
tbody tr:last-child > * { border-block-end: 0; }
tbody th:first-child { inline-size: 14rem; }
tbody td:first-child { inline-size: 5rem; }
tbody tr > :nth-child(2) { inline-size: 15rem; min-inline-size: 10rem; }
tr > :last-child { inline-size: auto; min-inline-size: 14rem; padding-inline-end: 0; }
.rule { color: var(--ink-2); font: var(--t-xs); }
.sentence { padding-inline-start: var(--s-4); border-inline-start: 3px solid var(--rule-strong); color: var(--ink-2); }
.answered { font: var(--t-sm); }
pre { margin: 0 0 var(--s-3); padding: var(--s-4); overflow-x: auto; background: var(--sunk); border: var(--line); border-radius: var(--r-control); line-height: 1.5; }
pre code { font-size: 0.8125rem; overflow-wrap: normal; }

@media (max-width: 899px) {
  .banner { padding-inline: var(--s-5); }
  .columns { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; max-block-size: none; padding: var(--s-5); columns: 2 9rem; }
  nav a { padding-block: var(--s-1); }
  .wires { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .wires dt { max-inline-size: none; }
  .wires dd { margin-block-end: var(--s-3); }
  main { padding: var(--s-6) var(--s-5) var(--s-10); border-inline-start: 0; border-block-start: var(--line); }
}
@media (forced-colors: active) { .access { border: 1px solid; } }
@media print { nav, .skip, .pages { display: none; } .columns { display: block; } main { border: 0; padding: 0; } pre { white-space: pre-wrap; } }
`
