import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, inspect } from './inspect.ts'
import { houseRules } from './rules.ts'

export const fixtureRoot = join(import.meta.dirname, 'fixture')

/** Faults that were planted in the fixture, as `rule: from -> to`, and files in it that stand on no floor. */
export interface Planted {
  readonly violations: readonly string[]
  readonly strangers: readonly string[]
}

export const planted = (): Planted => JSON.parse(readFileSync(join(fixtureRoot, 'planted.json'), 'utf8')) as Planted

/** Inspects the house of faults. An answer that is not empty means that the floor plan cannot be trusted. */
export async function alarmProblems(root = fixtureRoot, expected = planted()): Promise<string[]> {
  const { violations, doubts } = await inspect(root)
  const reported = new Set(violations.map(describe))
  const rung = new Set(violations.map(({ rule }) => rule))
  const ruleNames = new Set(
    houseRules([{ name: 'pg', owners: ['server/platform'] }]).forbidden?.map(({ name }) => name),
  )
  return [
    ...expected.violations.filter((fault) => !reported.has(fault)).map((fault) => `not reported: ${fault}`),
    ...[...reported].filter((fault) => !expected.violations.includes(fault)).map((fault) => `not planted: ${fault}`),
    ...[...ruleNames].filter((name) => !rung.has(name ?? '')).map((name) => `no fault is planted for "${name}"`),
    ...expected.strangers
      .filter((file) => !doubts.some((doubt) => doubt.startsWith(`${file} `)))
      .map((file) => `not reported: ${file} stands on no floor`),
  ]
}
