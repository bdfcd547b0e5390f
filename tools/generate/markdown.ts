/** The few pieces of Markdown that generated pages are made of. */

/** What stands at the head of every generated page. */
export const generatedNote = '<!-- Written by `npm run generate`. Edits are lost. -->'

/** A table, one row a line and without padding, so that a changed row is a one-line diff. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  return cells
    .flatMap((row, i) => (i === 0 ? [line(row), line(row.map(() => '---'))] : [line(row)]))
    .join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
