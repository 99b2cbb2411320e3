import { verifierFor, type WitnessedLog } from '@bailee/proof'
import { nativeChecks } from './keys.ts'

/** A log and one of its keys. Origin and key name may differ. */
export type LogLine = { readonly origin: string; readonly vkey: string }

/** One `<origin> <vkey>` a line. Origins may hold spaces, keys never do. Blank lines and `#` comments are skipped. */
export function parseLogs(text: string): LogLine[] {
  return text.split('\n').flatMap((raw, i) => {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) return []
    const space = line.lastIndexOf(' ')
    if (space <= 0) throw new Error(`line ${i + 1} of the list of logs is not <origin> <vkey>`)
    return [{ origin: line.slice(0, space).trimEnd(), vkey: line.slice(space + 1) }]
  })
}

/** Several lines with one origin are several keys of that log. */
export function witnessedLogs(lines: readonly LogLine[]): Map<string, WitnessedLog> {
  const logs = new Map<string, WitnessedLog>()
  for (const { origin, vkey } of lines) {
    const keys = logs.get(origin)?.keys ?? []
    logs.set(origin, { origin, keys: [...keys, verifierFor(vkey, nativeChecks)] })
  }
  return logs
}
