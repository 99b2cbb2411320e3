import { type ClientActor, Refusal, type StaffActor } from '#kernel'
import type { Rules } from '#notices'
import type { LookRequest } from './model.ts'

/** Which drawers a look needs, or why it may not have them. From memory: no database, no clock. Article 2. */
export type LookVerdict = { readonly categories: readonly string[] } | { readonly refusal: Refusal }

export function judgeLook(
  rules: Rules,
  actor: ClientActor | StaffActor,
  request: Pick<LookRequest, 'purpose' | 'fields'>,
): LookVerdict {
  const { purpose } = request
  if (!rules.purposes.has(purpose))
    return { refusal: new Refusal('purpose_unknown', { field: '/purpose', missing: { purpose } }) }
  if (!actor.purposes.has(purpose))
    return { refusal: new Refusal('purpose_not_bound', { field: '/purpose', missing: { purpose } }) }
  const categories: string[] = []
  for (const [at, field] of request.fields.entries()) {
    const category = rules.categoryOf.get(field)
    if (category === undefined)
      return { refusal: new Refusal('field_not_covered', { field: `/fields/${at}`, missing: { field } }) }
    if (!rules.purposesOf.get(category)!.has(purpose))
      return { refusal: new Refusal('field_not_allowed', { field: `/fields/${at}`, missing: { field, purpose } }) }
    if (!categories.includes(category)) categories.push(category)
  }
  return { categories }
}

/** Sorts fields into the drawers of their categories. Anything that no live notice covers is refused by name. Article 2. */
export function drawersOf(rules: Rules, fields: Readonly<Record<string, string>>): Map<string, Record<string, string>> {
  const drawers = new Map<string, Record<string, string>>()
  for (const [field, value] of Object.entries(fields)) {
    const category = rules.categoryOf.get(field)
    if (category === undefined)
      throw new Refusal(
        'field_not_covered',
        // What cannot be the name of a field may be a value gone astray: it is not repeated.
        /^[a-z][A-Za-z0-9]{0,39}$/.test(field)
          ? { field: `/fields/${field}`, missing: { field } }
          : { field: '/fields' },
      )
    const drawer = drawers.get(category) ?? {}
    drawer[field] = value
    drawers.set(category, drawer)
  }
  return drawers
}

/**
 * Normaliser version 1: compatibility forms folded, spaces and hyphens dropped, lower case. Stored beside each token.
 * Repeated until nothing changes: lower case may compose anew, and equal things must be equal however often they are folded.
 */
export const normaliserVersion = 1
export function normalise(value: string): string {
  const folded = value
    .normalize('NFKC')
    .replace(/[\s\p{Cf}-]+/gu, '')
    .toLowerCase()
  return folded === value ? folded : normalise(folded)
}
