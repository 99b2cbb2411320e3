import { randomFillSync } from 'node:crypto'

declare const brand: unique symbol
/** An id inside the house: 32 hex digits of a UUIDv7 (RFC 9562). On the wire it carries a prefix: `per_…`. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind }
export type OrganisationId = Id<'org'>
export type StaffId = Id<'stf'>
export type ClientId = Id<'cli'>
export type PersonId = Id<'per'>
export type NoticeId = Id<'ntc'>
export type ConsentId = Id<'cns'>
export type RecordId = Id<'rec'>
export type EntryId = Id<'ent'>
export type ApprovalId = Id<'apr'>
export type DemandId = Id<'dem'>

const pool = Buffer.alloc(10 * 512)
let used = pool.length
let lastMillisecond = 0
let sequence = 0

/**
 * UUIDv7, increasing within this process: rows that are written together lie together in their index.
 * Twelve bits of sequence follow the millisecond (RFC 9562, 6.2 method 1); the rest is random.
 */
export function newId<Kind extends string>(): Id<Kind> {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const now = Date.now()
  if (now > lastMillisecond) {
    lastMillisecond = now
    sequence = pool[used]! & 0x7f
  } else if (++sequence > 0xfff) {
    // More than four thousand in a millisecond, or the clock stepped back: borrow from the next millisecond.
    lastMillisecond += 1
    sequence = 0
  }
  const time = lastMillisecond.toString(16).padStart(12, '0')
  const tail = pool.toString('hex', used + 1, used + 9)
  used += 10
  const variant = (8 + (Number.parseInt(tail[0]!, 16) & 3)).toString(16)
  return `${time}7${sequence.toString(16).padStart(3, '0')}${variant}${tail.slice(1)}` as Id<Kind>
}

/** When the id was made, in milliseconds. */
export const timeOfId = (id: Id<string>): number => Number.parseInt(id.slice(0, 12), 16)

export type Prefix = 'org' | 'stf' | 'cli' | 'per' | 'ntc' | 'cns' | 'rec' | 'ent' | 'apr' | 'dem'
export const toWire = <P extends Prefix>(prefix: P, id: Id<P>): string => `${prefix}_${id}`
/** The schema has checked the prefix and the digits; only the prefix is taken off here. */
export const fromWire = <P extends Prefix>(prefix: P, wire: string): Id<P> => wire.slice(prefix.length + 1) as Id<P>
/** `xxxxxxxx-xxxx-…`, as UUIDs stand in receipts and leaves. */
export const dashed = (id: Id<string>): string =>
  `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`
export const idBytes = (id: Id<string>): Buffer => Buffer.from(id, 'hex')
