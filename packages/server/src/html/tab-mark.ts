/** The mark of an installation in a tab of a browser: a seal in its accent. */

/** An SVG on its own. `colour` is `#rrggbb`. */
export function tabMark(colour: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="16" fill="${colour}"/><circle cx="16" cy="16" r="9.5" fill="none" stroke="#fff" stroke-width="2.5"/><circle cx="16" cy="16" r="3.5" fill="#fff"/></svg>\n`
}
