import type { FieldKind } from '#notices'
import { address } from './address.ts'
import { bankCard } from './bank-card.ts'
import { date } from './date.ts'
import { email } from './email.ts'
import type { Kind } from './kind.ts'
import { name } from './name.ts'
import { phone } from './phone.ts'
import { residentId } from './resident-id.ts'
import { normalise, normaliserVersion } from './text.ts'

export { beijingDay, type Kind } from './kind.ts'

const text: Kind = { broken: () => undefined, normaliser: normaliserVersion, normalise, forms: {} }
const file: Kind = {
  broken: () => 'is a file: send it to /v1/vault/files',
  normaliser: normaliserVersion,
  normalise,
  forms: {},
}
/** One entry for each kind that a notice may state. docs/formats/kinds.md. */
export const kinds: Readonly<Record<FieldKind, Kind>> = {
  text,
  name,
  'resident-id': residentId,
  phone,
  email,
  'bank-card': bankCard,
  address,
  date,
  file,
}
/** Every kind may be compared without being shown. */
export const equalsForm = 'equals'
export const formsOf = (kind: FieldKind): string[] =>
  kind === 'file' ? [] : [...Object.keys(kinds[kind].forms), equalsForm]
