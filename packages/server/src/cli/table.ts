/** Rows for people: columns side by side, as wide as their widest cell. */

/** The rows under their heads. What is longer than 60 characters is cut, and says so. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const cells = [heads, ...rows].map((row) => row.map(shortened))
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))))
  return cells.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd(),
  )
}

const cellWidthMax = 60

function shortened(cell: string): string {
  // What people typed must not move the cursor or begin a line of its own.
  const plain = cell.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
  const characters = [...plain]
  return characters.length > cellWidthMax
    ? `${characters.slice(0, cellWidthMax - 1).join('')}…`
    : plain
}

function width(cell: string): number {
  return [...cell].length
}
