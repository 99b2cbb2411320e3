import { type ClientActor, Refusal, type StaffActor } from '#kernel'
import type { Rules } from '#notices'
import { equalsForm, formsOf, kinds } from './kind-rules/index.ts'
import type { LookRequest } from './model.ts'

export { normalise, normaliserVersion } from './kind-rules/text.ts'

/** Less than a field: what is answered is made from its value and today's date (Beijing), and nothing else of it leaves. */
export interface Asked {
  readonly as: string
  readonly field: string
  readonly answer: (value: string, today: string) => string | undefined
}
/** Which drawers a look needs, or why it may not have them. From memory: no database, no clock. Article 2. */
export type LookVerdict =
  | { readonly categories: readonly string[]; readonly asked: readonly Asked[] }
  | { readonly refusal: Refusal }
/** `phone.last4` is asked of the field `phone`. */
export function fieldOf(as: string): string {
  const dot = as.indexOf('.')
  return dot < 0 ? as : as.slice(0, dot)
}
const nothingLess: readonly Asked[] = []

export function judgeLook(
  rules: Rules,
  actor: ClientActor | StaffActor,
  request: Pick<LookRequest, 'purpose' | 'fields' | 'equals'>,
): LookVerdict {
  const { purpose } = request
  if (!rules.purposes.has(purpose))
    return { refusal: new Refusal('purpose_unknown', { field: '/purpose', missing: { purpose } }) }
  if (!actor.purposes.has(purpose))
    return { refusal: new Refusal('purpose_not_bound', { field: '/purpose', missing: { purpose } }) }
  const categories: string[] = []
  let asked: Asked[] | undefined
  for (const [at, as] of request.fields.entries()) {
    const field = fieldOf(as)
    const category = rules.categoryOf.get(field)
    if (category === undefined)
      return { refusal: new Refusal('field_not_covered', { field: `/fields/${at}`, missing: { field } }) }
    if (!rules.purposesOf.get(category)!.has(purpose))
      return { refusal: new Refusal('field_not_allowed', { field: `/fields/${at}`, missing: { field, purpose } }) }
    if (!categories.includes(category)) categories.push(category)
    if (field === as) continue
    const less = judgeForm(rules, request, as, field, at)
    if (less instanceof Refusal) return { refusal: less }
    asked = asked ?? []
    asked.push(less)
  }
  return { categories, asked: asked ?? nothingLess }
}

function judgeForm(
  rules: Rules,
  request: Pick<LookRequest, 'equals'>,
  as: string,
  field: string,
  at: number,
): Asked | Refusal {
  const kind = rules.kindOf.get(field) ?? 'text'
  const form = as.slice(field.length + 1)
  const known = formsOf(kind)
  if (!known.includes(form))
    return new Refusal('form_unknown', { field: `/fields/${at}`, missing: { field, forms: known } })
  if (form !== equalsForm) return { as, field, answer: kinds[kind].forms[form]! }
  const given = request.equals && Object.hasOwn(request.equals, field) ? request.equals[field] : undefined
  if (given === undefined)
    return new Refusal('schema_violation', { field: `/equals/${field}`, rule: 'must be present for this form' })
  const wanted = kinds[kind].normalise(given)
  return { as, field, answer: (value) => String(kinds[kind].normalise(value) === wanted) }
}

/**
 * Sorts fields into the drawers of their categories. Anything that no live notice covers is refused by name, and so is a
 * value that is not of its field's kind. Values are kept as they were given. Article 2.
 */
export function drawersOf(
  rules: Rules,
  fields: Readonly<Record<string, string>>,
  today: string,
): Map<string, Record<string, string>> {
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
    const kind = rules.kindOf.get(field)
    const rule = kind === undefined ? undefined : kinds[kind].broken(value, { field, today })
    if (rule !== undefined) throw new Refusal('field_invalid', { field: `/fields/${field}`, rule })
    const drawer = drawers.get(category) ?? {}
    drawer[field] = value
    drawers.set(category, drawer)
  }
  return drawers
}
