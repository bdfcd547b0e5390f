/** The stylesheet of the hosted pages: a ruled document beside an engraved band, on any width, by day and by night. */

import { designTokens } from '../html/design-tokens.ts'
import { inlineStyle } from '../html/html.ts'

export const pageStyle = inlineStyle(`${designTokens}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: var(--t-md); }
a { color: var(--intaglio); text-underline-offset: 0.2em; overflow-wrap: anywhere; }
a:hover { color: var(--intaglio-strong); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: var(--r-tag); }
[hidden] { display: none !important; }
.development { margin: 0; padding: var(--s-2) var(--s-4); background: var(--warn-tint); color: var(--warn); font: 500 var(--t-sm); text-align: center; }
.document { display: grid; grid-template-columns: 264px minmax(0, 1fr); max-inline-size: 760px; min-block-size: 520px; margin: var(--s-14) auto 0; background: var(--sheet); border: var(--line); border-radius: var(--r-document); overflow: hidden; }
.band { position: relative; padding: var(--s-8) var(--s-6); background: var(--sunk); border-inline-end: var(--line); overflow: hidden; }
.band p { position: relative; margin: 0; overflow-wrap: anywhere; }
.brand { font: 600 var(--t-xl); letter-spacing: -0.01em; }
.logo { display: block; max-inline-size: 100%; margin-block-end: var(--s-2); object-fit: contain; }
.host { color: var(--ink-2); font: var(--t-sm); }
.rosette { position: absolute; inset-inline-start: -128px; inset-block-end: -96px; }
.iris-a { stop-color: var(--iris-a); } .iris-b { stop-color: var(--iris-b); } .iris-c { stop-color: var(--iris-c); }
main { display: flex; flex-direction: column; min-inline-size: 0; }
.body { flex: 1; padding: var(--s-8) 36px var(--s-6); }
h1 { margin: 0; font: 600 var(--t-3xl); letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: var(--s-6) 0 var(--s-2); font: 600 var(--t-lg); }
.app { display: flex; align-items: center; gap: var(--s-3); margin-block-start: var(--s-3); }
.mark { flex: none; }
.app .mark { display: grid; place-items: center; inline-size: 40px; block-size: 40px; border: var(--line); border-radius: var(--r-control); background: var(--intaglio-tint); color: var(--intaglio-strong); font: 600 var(--t-md); }
.to { margin: 0; min-inline-size: 0; color: var(--ink-2); overflow-wrap: anywhere; }
.content { margin-block-start: var(--s-6); }
p { margin: 0 0 var(--s-4); overflow-wrap: anywhere; }
.note { padding: var(--s-3) var(--s-4); border-radius: var(--r-control); border-inline-start: 3px solid currentcolor; font: 500 var(--t-sm); margin: var(--s-5) 0 0; overflow-wrap: anywhere; }
.problem { background: var(--bad-tint); color: var(--bad); }
.notice { background: var(--ok-tint); color: var(--ok); }
.caution { background: var(--warn-tint); color: var(--warn); }
.content .note { margin: 0 0 var(--s-5); } .note p { margin: 0; } .note p + p { margin-block-start: var(--s-2); } .note a { color: inherit; }
form { margin: 0; }
.field { margin-block-end: var(--s-4); }
label, .label { display: flex; justify-content: space-between; gap: var(--s-3); margin-block-end: 6px; font: 500 0.9375rem/1.4 var(--font-text); }
label small, .label small { color: var(--ink-3); font: var(--t-sm); }
.box { display: flex; position: relative; }
input { inline-size: 100%; min-block-size: 44px; padding: var(--s-2) var(--s-3); border: 1px solid var(--rule-strong); border-radius: var(--r-control); background: var(--sheet); color: var(--ink); font: var(--t-md); }
input[readonly] { background: var(--sunk); color: var(--ink-2); }
input[aria-invalid=true] { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); }
input.figures { font: 1.0625rem/1.4 var(--font-code); letter-spacing: 0.12em; }
.box > button { position: absolute; inset-inline-end: 1px; inset-block: 1px; padding: 0 var(--s-3); border: 0; border-radius: var(--r-control); background: var(--sheet); color: var(--intaglio); font: 500 var(--t-sm); cursor: pointer; }
.box:has(> button:not([hidden])) input { padding-inline-end: 5.5rem; }
.hint, .error { margin: 6px 0 0; font: var(--t-sm); }
.hint { color: var(--ink-3); } .hint:empty { margin: 0; } .error { color: var(--bad); font-weight: 500; }
.choice { display: flex; align-items: flex-start; gap: var(--s-3); margin-block-end: var(--s-4); }
.choice input { flex: none; inline-size: 20px; block-size: 20px; min-block-size: 0; margin: 2px; accent-color: var(--intaglio); }
.choice label { display: block; flex: 1; margin: 0; min-block-size: 24px; } .choice small { display: block; }
.button { display: inline-flex; align-items: center; justify-content: center; inline-size: 100%; min-block-size: 44px; padding: var(--s-2) var(--s-5); border: 1px solid transparent; border-radius: var(--r-control); background: var(--intaglio); color: var(--on-intaglio); font: 600 var(--t-md); text-align: center; text-decoration: none; cursor: pointer; }
.button:hover { background: var(--intaglio-strong); color: var(--on-intaglio); }
.button.second { background: var(--sheet); border-color: var(--rule-strong); color: var(--ink); font-weight: 500; }
.button.second:hover { background: var(--sunk); color: var(--ink); }
.button[aria-busy=true] { position: relative; color: transparent; }
.button[aria-busy=true]::after { content: ""; position: absolute; inline-size: 18px; block-size: 18px; border: 2px solid var(--on-intaglio); border-inline-end-color: transparent; border-radius: var(--r-full); }
.button.second[aria-busy=true]::after { border-color: var(--ink); border-inline-end-color: transparent; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: var(--s-3); }
.stack > * + * { margin-block-start: var(--s-3); }
.or { display: flex; align-items: center; gap: var(--s-3); margin: var(--s-5) 0 var(--s-4); color: var(--ink-3); font: var(--t-sm); }
.or::before, .or::after { content: ""; flex: 1; border-block-start: var(--line); }
.provider { gap: var(--s-3); } .provider .tag { flex: none; } .more { border: 0; margin: var(--s-3) 0 0; padding: 0; } .more .stack { margin-block-start: var(--s-2); }
.aside { margin: var(--s-5) 0 0; color: var(--ink-2); font: var(--t-sm); }
.aside a + a { margin-inline-start: var(--s-4); }
.about { display: flex; flex-wrap: wrap; align-items: center; gap: 0 var(--s-4); } .about a + a { margin: 0; } .about bdi { font-weight: 500; }
.aside a, .tap { display: inline-flex; align-items: center; min-block-size: 24px; }
.plain { padding: 0; border: 0; background: none; color: var(--intaglio); font: inherit; text-decoration: underline; text-underline-offset: 0.2em; cursor: pointer; min-block-size: 24px; }
.again { margin: var(--s-5) 0 0; font: var(--t-sm); }
.onward { margin-block-start: var(--s-5); padding-block-start: var(--s-4); border-block-start: var(--line); font: var(--t-sm); }
.plain:hover { color: var(--intaglio-strong); }
.accounts { margin: 0 0 var(--s-5); padding: 0; list-style: none; border-block: var(--line-strong); }
.accounts li { display: flex; align-items: center; gap: var(--s-3); min-block-size: 60px; padding-block: var(--s-2); }
.accounts .pick { display: flex; align-items: center; gap: var(--s-3); } .lines { min-inline-size: 0; }
.portrait { flex: none; display: grid; place-items: center; inline-size: 40px; block-size: 40px; border-radius: var(--r-full); object-fit: cover; background: var(--intaglio-tint); color: var(--intaglio); font: 600 var(--t-sm); }
.accounts + .hint { margin: calc(-1 * var(--s-3)) 0 var(--s-5); }
.accounts li + li { border-block-start: var(--line); }
.accounts form { display: flex; flex: none; } .accounts .wide form { flex: 1; }
.accounts .wide { flex: 1; min-inline-size: 0; } .accounts .wide > span { padding-inline-start: var(--s-2); }
.pick { position: relative; inline-size: 100%; flex: 1; min-inline-size: 0; min-block-size: 44px; padding: var(--s-1) var(--s-2); padding-inline-end: var(--s-6); border: 0; border-radius: var(--r-control); background: none; color: inherit; font: inherit; text-align: start; cursor: pointer; }
.pick:hover { background: var(--sunk); }
.pick::after { content: ""; position: absolute; inset-inline-end: var(--s-3); inset-block-start: calc(50% - 4px); inline-size: 8px; block-size: 8px; border: solid var(--ink-3); border-width: 2px 2px 0 0; transform: rotate(45deg); }
[dir=rtl] .pick::after { transform: rotate(-135deg); }
.who { display: block; font-weight: 600; overflow-wrap: anywhere; }
.who.long { font-weight: 500; } .mail { display: block; color: var(--ink-2); font: var(--t-sm); overflow-wrap: anywhere; }
.tag { display: inline-block; padding: 1px var(--s-2); border-radius: var(--r-tag); background: var(--intaglio-tint); color: var(--intaglio); font: 500 var(--t-xs); }
.scopes { margin: 0 0 var(--s-4); padding: 0; list-style: none; border-block: var(--line-strong); }
.scopes li { padding: var(--s-3) 0; } .scopes li + li { border-block-start: var(--line); }
details { margin-block-start: var(--s-5); border-block-start: var(--line); padding-block-start: var(--s-3); font: var(--t-sm); }
summary { min-block-size: 32px; cursor: pointer; color: var(--ink-2); font-weight: 500; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: var(--s-1) var(--s-4); margin: var(--s-2) 0 0; }
dt { color: var(--ink-3); } dd { margin: 0; font-family: var(--font-code); overflow-wrap: anywhere; }
/* What comes after the page was read moves nothing. */
.late { position: fixed; inset-block-end: var(--s-4); inset-inline: var(--s-4); max-inline-size: 728px; margin-inline: auto; }
.late .note { margin: 0; box-shadow: 0 2px 16px rgb(0 0 0 / 0.2); }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
dd mark { background: var(--bad-tint); color: var(--bad); text-decoration: underline; }
code { font: 0.9em var(--font-code); overflow-wrap: anywhere; }
.strip { margin: 0; padding: var(--s-3) 36px var(--s-4); border-block-start: var(--line); color: var(--ink-3); font: 0.8125rem/1.5 var(--font-code); letter-spacing: 0.1em; white-space: nowrap; overflow: hidden; }
.strip span { display: block; overflow: hidden; }
footer { display: flex; flex-wrap: wrap; gap: var(--s-2) var(--s-5); max-inline-size: 760px; margin: var(--s-4) auto var(--s-10); padding-inline: var(--s-1); color: var(--ink-3); font: var(--t-sm); }
.legal { display: flex; flex-wrap: wrap; gap: inherit; margin-inline-start: auto; }
footer a, footer strong { display: inline-flex; align-items: center; min-block-size: 32px; font-weight: 500; }
@media (max-width: 640px) {
  .document { display: block; min-block-size: 0; margin: 0; border: 0; border-radius: 0; }
  .band { block-size: 88px; padding: var(--s-5); border: 0; border-block-end: var(--line); }
  .band p { max-inline-size: 62%; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .logo { inline-size: auto; block-size: 24px; margin-block-end: 0; }
  .rosette { inset-inline: auto -40px; inset-block: -71px auto; inline-size: 230px; block-size: 230px; }
  .body { padding: var(--s-6) var(--s-5); } .strip { padding-inline: var(--s-5); }
  .chooser li { flex-wrap: wrap; gap: 0; } .chooser .wide { flex-basis: 100%; } .chooser li > form { padding-inline-start: 60px; }
  body { background: var(--sheet); } footer { margin-block-start: 0; padding-inline: var(--s-5); } .legal { margin-inline-start: 0; }
}
@media (max-width: 380px) { .pair, dl { grid-template-columns: minmax(0, 1fr); } dd { margin-block-end: var(--s-2); } }
@media (prefers-contrast: more) { .hint, .strip, dt, footer { color: var(--ink); } input, .button.second { border-color: var(--ink); } }
@media (forced-colors: active) { .note, .tag { border: 1px solid; } .button, .button:hover { border-color: ButtonText; background: ButtonFace; color: ButtonText; } .rosette { display: none; } .button[aria-busy=true] { color: GrayText; } }
@media (prefers-reduced-motion: no-preference) {
  .button[aria-busy=true]::after { animation: turn 700ms linear infinite; }
  .button, .pick { transition: background-color 120ms; }
}
@keyframes turn { to { transform: rotate(360deg); } }
`)
