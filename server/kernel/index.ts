/** Floor 0: words that every room shares. No I/O. */
export {
  type Actor,
  type Anyone,
  actorField,
  anyone,
  type ClientActor,
  type PersonActor,
  type StaffActor,
} from './actor.ts'
export { type Clock, clockAhead, day, fixedClock, instant, systemClock } from './clock.ts'
export { problemOf, Refusal, type RefusalDetails } from './errors.ts'
export {
  type ApprovalId,
  type ClientId,
  type ConsentId,
  type DemandId,
  dashed,
  type EntryId,
  fromWire,
  type Id,
  idBytes,
  type NoticeId,
  newId,
  type OrganisationId,
  type PersonId,
  type Prefix,
  type RecordId,
  type StaffId,
  timeOfId,
  toWire,
} from './ids.ts'
export { randomSource } from './random.ts'
