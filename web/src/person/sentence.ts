import type { Dictionary } from '../i18n/dictionary.ts'
import type { Formatter } from '../ui/format.ts'
import type { NoticeWords } from '../ui/notice-words.ts'

/** One entry in plain words: who did what, for what, and how it ended. Pure: words in, words out. */
export interface Sentence {
  readonly text: string
  readonly refused: boolean
  /** What stands beside the sentence: for whom, which case, why refused. */
  readonly notes: readonly string[]
}
export interface EntryToSay {
  readonly kind: string
  readonly fields: Readonly<Record<string, unknown>>
}
export interface Speaker {
  readonly t: Dictionary
  readonly words: NoticeWords
  readonly list: Formatter['list']
  /** Name of the organisation whose page this is. */
  readonly organisation: string | undefined
}

export function sentenceOf({ kind, fields }: EntryToSay, speaker: Speaker): Sentence {
  const { t } = speaker
  const refusal = refusalOf(fields)
  const reference = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : undefined)
  const onBehalfOf = reference('onBehalfOf')
  const matter = reference('case')
  return {
    text: textOf(kind, fields, speaker, refusal !== undefined),
    refused: refusal !== undefined,
    notes: [
      ...(refusal ? [t.acts.reason(reasonOf(refusal, t))] : []),
      ...(onBehalfOf ? [t.acts.onBehalfOf(onBehalfOf)] : []),
      ...(matter ? [t.acts.case(matter)] : []),
    ],
  }
}

function textOf(kind: string, fields: EntryToSay['fields'], speaker: Speaker, refused: boolean): string {
  const { t } = speaker
  const who = whoOf(fields.actor, speaker)
  const what = whatOf(fields, speaker)
  const why = whyOf(fields, speaker)
  switch (kind) {
    case 'look':
      if (isPerson(fields.actor) && !refused) return t.acts.lookSelf
      if (why === undefined) return refused ? t.acts.lookRefusedNoPurpose(who, what) : t.acts.lookNoPurpose(who, what)
      return refused ? t.acts.lookRefused(who, what, why) : t.acts.look(who, what, why)
    case 'find':
      return (refused ? t.acts.findRefused : t.acts.find)(who, what, why ?? t.acts.quote('?'))
    case 'collect':
      return why === undefined ? t.acts.collect(who, what) : t.acts.collectWithConsent(who, what, why)
    case 'correct':
      return t.acts.correct(who, what)
    case 'consent':
      if (fields.asGuardian === true && why === undefined) return t.acts.asGuardian(who)
      return (fields.renewal === true ? t.acts.renew : t.acts.consent)(who, why ?? t.acts.quote('?'))
    case 'refuse':
      return t.acts.refuse(who, why ?? recipientsOf(fields, speaker) ?? t.acts.quote('?'))
    case 'expire':
      return t.acts.expire(why ?? recipientsOf(fields, speaker) ?? t.acts.quote('?'))
    case 'hand-over':
      return t.acts.handOver
    case 'guardian-consent':
      return t.acts.guardianConsent(who)
    case 'withdraw':
      if (typeof fields.recipient === 'string')
        return t.acts.withdrawRecipient(who, t.acts.quote(fields.recipient), why ?? t.acts.quote('?'))
      return t.acts.withdraw(who, why ?? t.acts.quote('?'))
    case 'erase':
      return t.acts.erase(who)
    case 'release': {
      const recipient = t.acts.quote(typeof fields.recipient === 'string' ? fields.recipient : '?')
      return (refused ? t.acts.releaseRefused : t.acts.release)(who, what, recipient, why ?? t.acts.quote('?'))
    }
    case 'token':
      return t.acts.token(who, what)
    case 'hold':
      return t.acts.hold(who)
    case 'end-hold':
      return t.acts.endHold(who)
    case 'retention':
      return t.acts.retention
    case 'demand':
      return t.acts.demand(who, wordOf(t.acts.demandActs, fields.act), wantedOf(fields.wanted, t))
    case 'tracker':
      return t.acts.tracker(who)
    case 'chain-start':
      return t.acts.chainStart(who)
    case 'access-link':
      return t.acts.accessLink(who)
    case 'sign-in':
      return t.acts.signIn
    default:
      return t.acts.unknown(who, kind)
  }
}

/** A word for a code, or the code where this page knows none. */
const wordOf = (words: Readonly<Record<string, string>>, code: unknown): string =>
  typeof code === 'string' && Object.hasOwn(words, code) ? words[code]! : String(code)
const wantedOf = (kind: unknown, { demands }: Dictionary): string =>
  wordOf(Object.fromEntries(Object.entries(demands.kinds).map(([id, { title }]) => [id, title])), kind)

/** `refused: grant_missing`, or `refused` with a `reason` beside it. */
function refusalOf(fields: EntryToSay['fields']): string | undefined {
  const { outcome, reason } = fields
  if (typeof outcome !== 'string' || !/^refused\b/.test(outcome)) return undefined
  const said = outcome.slice('refused'.length).replace(/^[:\s]+/, '')
  return said || (typeof reason === 'string' ? reason : '?')
}
function reasonOf(code: string, t: Dictionary): string {
  const reasons: Readonly<Record<string, string>> = t.acts.reasons
  return Object.hasOwn(reasons, code) ? reasons[code]! : code
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isPerson = (actor: unknown) => isRecord(actor) && actor.kind === 'person'
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : typeof value === 'string' ? [value] : []

function whoOf(actor: unknown, { t, organisation }: Speaker): string {
  if (!isRecord(actor)) return t.acts.someone
  const where = organisation ?? t.acts.theProvider
  const name = typeof actor.name === 'string' && actor.name !== '' ? actor.name : undefined
  switch (actor.kind) {
    case 'person':
      return t.acts.you
    case 'client':
      return name ? t.acts.named(name, where) : t.acts.provider(where)
    case 'staff':
      return name ? t.acts.named(name, where) : t.acts.staff(where)
    case 'authority':
      return name ?? t.acts.authority
    case 'system':
    case 'server':
    case 'software':
      return name ?? t.acts.itself
    default:
      return name ?? t.acts.someone
  }
}

function whatOf({ fields, categories, field }: EntryToSay['fields'], { t, words, list }: Speaker): string {
  const named = [...textsOf(fields), ...textsOf(field)].map(words.field)
  const all = named.length > 0 ? named : textsOf(categories).map(words.category)
  return all.length > 0 ? list([...new Set(all)].map(t.acts.quote)) : t.acts.fieldsUnknown
}

function recipientsOf({ recipients }: EntryToSay['fields'], { t, list }: Speaker): string | undefined {
  const named = textsOf(recipients)
  return named.length > 0 ? list(named.map(t.acts.quote)) : undefined
}
function whyOf(fields: EntryToSay['fields'], { t, words, list }: Speaker): string | undefined {
  const named = [fields.purpose, fields.purposes, fields.separately, fields.informed].flatMap(textsOf)
  if (named.length === 0) return undefined
  return list(named.map((id) => (id === 'self' ? t.acts.self : t.acts.quote(words.purpose(id)))))
}
