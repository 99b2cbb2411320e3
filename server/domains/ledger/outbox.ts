import { createHash, randomFillSync } from 'node:crypto'
import { buildReceipts, receiptBatch, receiptMessage } from '@bailee/proof'
import { dashed, type EntryId, newId, type OrganisationId, type PersonId } from '#kernel'
import type { Tx } from '#platform'
import type { Appended, EntryDraft, Json, PublicDraft } from './model.ts'

/** One entry as it waits in the outbox. Short names: the line is hashed, stored and parsed once for every look. */
export type Waiting = WaitingSealed | WaitingPublic
export interface WaitingSealed {
  readonly e: EntryId
  readonly s: PersonId
  readonly t: OrganisationId
  readonly k: string
  readonly a: number
  /** Sixteen random bytes: without them a receipt's commitment could be guessed. */
  readonly r: string
  readonly f: readonly (readonly [string, Json])[]
}
export interface WaitingPublic {
  readonly e: EntryId
  readonly a: number
  readonly r: string
  readonly p: PublicDraft['leaf']
}

const pool = Buffer.alloc(16 * 512)
let used = pool.length
function nonce(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const text = pool.toString('base64', used, used + 16)
  used += 16
  return text
}

const lineOf = (draft: EntryDraft | PublicDraft): string => {
  const waiting: Waiting =
    'leaf' in draft
      ? { e: draft.entry, a: draft.at, r: nonce(), p: draft.leaf }
      : { e: draft.entry, s: draft.subject, t: draft.tenant, k: draft.kind, a: draft.at, r: nonce(), f: draft.fields }
  return JSON.stringify(waiting)
}

export function prepare(drafts: readonly (EntryDraft | PublicDraft)[]): Appended {
  const entries = drafts.map((draft) => ({ entry: draft.entry, line: lineOf(draft) }))
  return { id: newId(), at: drafts[0]?.at ?? 0, entries }
}

/** SHA-256 of the line, a line feed and the outcome. It stands in the leaf's body, where a kept promise can be shown. */
export const commitmentOf = (line: string, outcome: string | null | undefined): Buffer =>
  createHash('sha256')
    .update(outcome ? `${line}\n${outcome}` : line)
    .digest()

export async function insertOutbox(tx: Tx, appended: Appended): Promise<void> {
  await tx.query({
    name: 'ledger/append',
    text: 'insert into ledger.outbox (id, at, count, entries) values ($1, to_timestamp($2::float8 / 1000), $3, $4)',
    values: [appended.id, appended.at, appended.entries.length, appended.entries.map((entry) => entry.line).join('\n')],
  })
}

/** One signature for all receipts of a batch: 35 µs shared by as many looks as travelled together. */
export function promises(
  terms: { origin: string; signedAt: string; deadline: string },
  sign: (message: Uint8Array) => Uint8Array,
  appended: Appended,
  outcomes: readonly (string | null)[] | undefined,
) {
  return signed(
    terms,
    sign,
    appended.entries.map(({ entry, line }, index) => ({
      entry: dashed(entry),
      commitment: commitmentOf(line, outcomes?.[index]),
    })),
  )
}

export function signed(
  terms: { origin: string; signedAt: string; deadline: string },
  sign: (message: Uint8Array) => Uint8Array,
  items: readonly { readonly entry: string; readonly commitment: Uint8Array }[],
) {
  const batch = receiptBatch(items)
  const signature = sign(receiptMessage({ ...terms, count: batch.count, batchRoot: batch.batchRoot }))
  return buildReceipts(items, batch, { ...terms, signature })
}
