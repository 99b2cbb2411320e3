/**
 * RFC 4180: quoted where needed, lines ended by CR LF. Two additions, both for spreadsheets: a byte order mark, without which Excel
 * reads UTF-8 as something else; and an apostrophe before a cell that begins with = + - @ (half or full width), tab, CR or LF, which would
 * otherwise be run as a formula. The JSON beside it has every value as it is.
 */
export const byteOrderMark = '\uFEFF'

export function csvCell(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ''
      : typeof value === 'string'
        ? value
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value)
  const harmless = typeof value !== 'number' && /^[=+\-@＝＋－＠\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
export const csvLine = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\r\n`
