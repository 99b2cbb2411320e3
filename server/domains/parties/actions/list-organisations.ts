import type { parties } from '@bailee/contract'
import type { ReplyOf } from '#platform'
import type { RoomDeps } from '../model.ts'
import { organisationsAfter } from '../store-organisations.ts'
import { cursorAfter, parseCursor, wireOrganisation } from '../wire.ts'

const pageSize = 50

export async function listOrganisations(
  deps: RoomDeps,
  cursor: string | undefined,
): Promise<ReplyOf<typeof parties.listOrganisations>> {
  const after = cursor === undefined ? null : parseCursor(cursor)
  // One more than is shown tells whether there is another page.
  const found = await organisationsAfter(deps.db.as('parties'), after, pageSize + 1)
  const shown = found.slice(0, pageSize)
  const last = shown.at(-1)
  return {
    items: shown.map(wireOrganisation),
    next: found.length > pageSize && last ? cursorAfter(last.id) : null,
  }
}
