import { createHash } from 'node:crypto'
import { type DemandId, idBytes, type OrganisationId } from '#kernel'
import type { Keys } from '#platform'
import type { Demand, Words } from './model.ts'

/** No notice can state a purpose with a stroke in it, so these keys are nobody else's. */
export const wordsPurpose = 'demands/words'

export async function sealWords(keys: Keys, tenant: OrganisationId, id: DemandId, words: Words): Promise<Buffer> {
  return keys.sealFor(tenant, wordsPurpose, Buffer.from(JSON.stringify(words)), idBytes(id))
}
export async function openWords(keys: Keys, demand: Pick<Demand, 'tenant' | 'id' | 'words'>): Promise<Words> {
  if (demand.words === null) return {}
  return JSON.parse(
    (await keys.openFor(demand.tenant, wordsPurpose, demand.words, idBytes(demand.id))).toString('utf8'),
  )
}
/** Stands in the entry, so that what was said cannot be changed afterwards. Entries are sealed: nobody can try guesses on it. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')
