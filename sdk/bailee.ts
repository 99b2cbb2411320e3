import type { Language } from '@bailee/contract'
import { canonicalJson, type Json } from '@bailee/proof'
import { type Call, type CallerOptions, createCaller, fromProblem } from './caller.ts'
import { BaileeError, ownErrors } from './errors.ts'
import type {
  ConsentedOf,
  FieldFor,
  FieldOf,
  Notice,
  NoticeDraft,
  PurposeOf,
  SearchableFor,
  TogetherOf,
  ToldOf,
} from './notice.ts'
import type { BodyOf, CallOptions, Receipt, ReplyOf } from './routes.ts'

export interface BaileeOptions<N extends NoticeDraft> extends CallerOptions {
  readonly key: string
  /** From `defineNotice`: what may be collected, for which purposes. */
  readonly notice: N
  /** The published notice's id, if you keep it; otherwise it is looked up once by its slug. */
  readonly noticeId?: string
}

export interface Consent<N extends NoticeDraft> {
  /** As `takeSnapshot` gave it: the proof of what the person was shown. */
  readonly snapshot: string
  /** Agreed to together. One that needs separate consent does not compile here. */
  readonly purposes: readonly TogetherOf<N>[]
}
/** Everything that one act of consent may hold. */
export interface FullConsent<N extends NoticeDraft> extends Consent<N> {
  readonly person?: string
  /** Each with a box of its own, ticked by itself. */
  readonly separately?: readonly ConsentedOf<N>[]
  /** Of which the person was told, because they need no consent. */
  readonly informed?: readonly ToldOf<N>[]
  /** By the slug that the notice gives them, each agreed to by itself. */
  readonly recipients?: readonly string[]
  readonly ageBand?: NonNullable<BodyOf<'giveConsent'>['ageBand']>
  readonly guardian?: NonNullable<BodyOf<'giveConsent'>['guardian']>
  /** The person agrees to act for a child; no purpose is needed. */
  readonly asGuardian?: boolean
}
export interface Collect<N extends NoticeDraft> {
  /** A new person is made when absent; that needs `consent`. */
  readonly person?: string
  readonly consent?: Consent<N>
  /** Add to this record; a new record otherwise. */
  readonly record?: string
  /** Correct what the record already holds. */
  readonly replace?: boolean
  readonly fields: { readonly [Field in FieldOf<N>]?: string }
}
export interface Collected {
  readonly person: string
  readonly record: string
  readonly receipt: Receipt
}
export interface Look<Field extends string> {
  readonly person: string
  readonly record: string
  /** Exactly the fields that were asked for. One that the record does not hold is '', which no held field can be. */
  readonly fields: { readonly [Name in Field]: string }
  readonly receipt: Receipt
}
export interface Found {
  readonly person: string
  readonly record: string
  readonly receipt: Receipt
}
/** The result of one item of a batch. One refusal does not touch the others. */
export type Outcome<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: BaileeError }

export interface LookOptions {
  /** A certain record; the person's latest otherwise. */
  readonly record?: string
  /** Your own reference for the clerk, not a name. Stands in the ledger entry. */
  readonly onBehalfOf?: string
  /** Your own reference for the order or ticket. Stands in the ledger entry. */
  readonly case?: string
  readonly signal?: AbortSignal
}
export interface LookItem<Field extends string> extends Omit<LookOptions, 'signal'> {
  readonly person: string
  readonly fields: readonly Field[]
}
export interface Progress {
  readonly done: number
  readonly total: number
  readonly refused: number
}
export interface BatchOptions extends CallOptions {
  readonly onProgress?: (progress: Progress) => void
}
type FieldsIn<Item> = Item extends { readonly fields: readonly (infer Field extends string)[] } ? Field : never

/** Opens fields for one purpose of the notice. What the notice does not allow does not compile. */
export interface Purpose<N extends NoticeDraft, P extends PurposeOf<N>> {
  /** Opens these fields. Leaves a ledger entry even when refused; a retry after a lost answer leaves another. */
  look<const Fields extends readonly FieldFor<N, P>[]>(
    person: string,
    fields: Fields,
    options?: LookOptions,
  ): Promise<Look<Fields[number]>>
  /** The same fields of many named people, 100 a request, with an outcome and an entry for each, in order. */
  lookMany<const Fields extends readonly FieldFor<N, P>[]>(
    people: readonly string[],
    fields: Fields,
    options?: BatchOptions,
  ): Promise<readonly Outcome<Look<Fields[number]>>[]>
  /** Different fields for each. */
  lookMany<const Items extends readonly LookItem<FieldFor<N, P>>[]>(
    items: Items,
    options?: BatchOptions,
  ): Promise<{ readonly [Place in keyof Items]: Outcome<Look<FieldsIn<Items[Place]>>> }>
  /** People whose field equals the value, through the blind index. Each hit is an entry for the person found. */
  find(field: SearchableFor<N, P>, value: string, options?: Omit<LookOptions, 'record'>): Promise<readonly Found[]>
}

export interface Bailee<N extends NoticeDraft> {
  readonly call: Call
  for<const P extends PurposeOf<N>>(purpose: P): Purpose<N, P>

  /** Seals what the notice covers. */
  collect(item: Collect<N>, options?: CallOptions): Promise<Collected>
  /**
   * Seals many, at most 1,000 a request, with an outcome for each, in order. A request that fails as a whole is told as
   * the outcome of each of its items, and of those not yet sent. With your own `idempotencyKey` a run that broke off can
   * be repeated as it was: what was collected is not collected again.
   */
  collectMany(items: readonly Collect<N>[], options?: BatchOptions): Promise<readonly Outcome<Collected>[]>

  /** A signed snapshot of the live notice, to be shown and then handed back with the consent. */
  takeSnapshot(language?: Language): Promise<ReplyOf<'takeSnapshot'>>
  giveConsent(consent: FullConsent<N>, options?: CallOptions): Promise<ReplyOf<'giveConsent'>>
  /** Renews what still stands: its days begin anew. */
  renewConsent(
    consent: Omit<FullConsent<N>, 'asGuardian'> & { readonly person: string },
    options?: CallOptions,
  ): Promise<ReplyOf<'renewConsent'>>
  /** Records a no. Until `askAgainAt` in the answer nobody asks this person again. */
  refuseConsent(
    refused: {
      readonly person: string
      readonly snapshot: string
      readonly purposes: readonly ConsentedOf<N>[]
      readonly recipients?: readonly string[]
    },
    options?: CallOptions,
  ): Promise<ReplyOf<'refuseConsent'>>
  /** A person’s consents, newest first, with receipts and what became of each; page by `cursor`. */
  consents(person: string, cursor?: string): Promise<ReplyOf<'listConsents'>>
  /** Withdraws consent for one purpose, or for one recipient of it; acts at once. */
  withdraw(
    person: string,
    purpose: PurposeOf<N>,
    options?: CallOptions & { readonly recipient?: string },
  ): Promise<ReplyOf<'withdrawConsent'>>
  grants(person: string): Promise<ReplyOf<'listGrants'>['items']>
  /** Shreds the person's keys. Cannot be undone. */
  erase(person: string, options?: CallOptions): Promise<ReplyOf<'erase'>>
  /** A one-time link to hand to the person. Never retried once sent: each call makes another link. */
  accessLink(person: string): Promise<ReplyOf<'createAccessLink'> & { readonly url: string }>

  /** Makes this notice the live one. Does nothing when it already is, so it may be called at every start. */
  publish(options?: CallOptions): Promise<Published>

  readonly organisations: {
    create(draft: BodyOf<'createOrganisation'>, options?: CallOptions): Promise<ReplyOf<'createOrganisation'>>
    list(): AsyncGenerator<ReplyOf<'listOrganisations'>['items'][number]>
  }
  readonly clients: {
    create(draft: ClientDraft<N>, options?: CallOptions): Promise<ReplyOf<'createClient'>>
    list(): Promise<ReplyOf<'listClients'>['items']>
    revoke(client: string, options?: CallOptions): Promise<ReplyOf<'revokeClient'>>
  }
}
export type ClientDraft<N extends NoticeDraft> = Omit<BodyOf<'createClient'>, 'purposes'> & {
  readonly purposes: readonly PurposeOf<N>[]
}
export type Published =
  | { readonly published: true; readonly notice: Notice; readonly receipt: Receipt }
  | { readonly published: false; readonly notice: Notice }

const collectBatchItems = 1000
const lookBatchItems = 100
/** Of one request's JSON. The server refuses bodies above 2,000,000 bytes. */
const batchBytes = 1_500_000

export function createBailee<const N extends NoticeDraft>(options: BaileeOptions<N>): Bailee<N> {
  const { call, url } = createCaller(options)
  const { notice } = options
  const language = options.language ?? 'en'
  let noticeId = options.noticeId

  const findLive = async (): Promise<Notice | undefined> => {
    const { organisation } = await call('whoAmI')
    if (organisation === null) return undefined
    let cursor: string | undefined
    do {
      const page = await call('listNotices', {
        query: { provider: organisation.id, ...(cursor === undefined ? {} : { cursor }) },
      })
      const live = page.items.find((one) => one.live && one.content.slug === notice.slug)
      if (live) return live
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    return undefined
  }
  const liveId = async (): Promise<string> => {
    noticeId ??= (await findLive())?.id
    if (noticeId === undefined) {
      throw new BaileeError('notice_unpublished', ownErrors.notice_unpublished[language])
    }
    return noticeId
  }

  /** Sends items in batches, one after the other. Whatever happens, every item gets its outcome. */
  const inBatches = async <Item, T extends object>(
    items: readonly Item[],
    maxItems: number,
    { onProgress, idempotencyKey, signal }: BatchOptions,
    send: (items: readonly Item[], options: CallOptions) => Promise<readonly (T | { readonly problem: object })[]>,
  ): Promise<Outcome<T>[]> => {
    const outcomes: Outcome<T>[] = []
    let refused = 0
    let stopped: BaileeError | undefined
    for (const [number, batch] of split(items, maxItems).entries()) {
      let results: readonly Outcome<T>[]
      try {
        if (stopped) throw stopped
        const answers = await send(batch, {
          ...(signal ? { signal } : {}),
          ...(idempotencyKey === undefined ? {} : { idempotencyKey: `${idempotencyKey}.${number}` }),
        })
        results = batch.map((_, place) => outcomeOf(answers[place], language))
      } catch (error) {
        if (!(error instanceof BaileeError)) throw error
        // A malformed item spoils its own batch; anything else would meet the next batch as well.
        if (error.status !== 422 && error.status !== 413) stopped = error
        results = batch.map(() => ({ ok: false, error }))
      }
      refused += results.filter(({ ok }) => !ok).length
      outcomes.push(...results)
      onProgress?.({ done: outcomes.length, total: items.length, refused })
    }
    return outcomes
  }

  const forPurpose = (purpose: string) => ({
    async look(person: string, fields: readonly string[], { signal, ...rest }: LookOptions = {}) {
      const answer = await call('look', {
        body: { person, purpose, fields, ...rest },
        ...(signal ? { signal } : {}),
      })
      return withAsked(answer, fields)
    },
    async lookMany(
      given: readonly string[] | readonly LookItem<string>[],
      second: readonly string[] | BatchOptions = {},
      third: BatchOptions = {},
    ) {
      const same = isList(second) ? second : undefined
      const items = given.map((one) =>
        typeof one === 'string' ? { person: one, purpose, fields: same ?? [] } : { ...one, purpose },
      )
      return inBatches(items, lookBatchItems, isList(second) ? third : second, async (batch, { signal }) => {
        const reply = await call('lookBatch', { body: { items: batch }, ...(signal ? { signal } : {}) })
        return reply.items.map((answer, place) =>
          'problem' in answer ? answer : withAsked(answer, batch[place]?.fields ?? []),
        )
      })
    },
    async find(field: string, value: string, { signal, ...rest }: LookOptions = {}) {
      const reply = await call('find', { body: { purpose, field, value, ...rest }, ...(signal ? { signal } : {}) })
      return reply.items
    },
  })

  return {
    call,
    // At run time every purpose and field is a text; the interface above says which the notice allows.
    for: (purpose) => forPurpose(purpose) as unknown as Purpose<N, typeof purpose>,
    collect: (item, given) => call('collect', { body: collectBody(item), ...given }),
    collectMany: (items, given = {}) =>
      inBatches<BodyOf<'collect'>, Collected>(items.map(collectBody), collectBatchItems, given, async (batch, one) => {
        const reply = await call('collectBatch', { body: { items: batch }, ...one })
        return reply.items
      }),
    takeSnapshot: async (shown) =>
      call('takeSnapshot', { body: { notice: await liveId(), language: shown ?? language } }),
    giveConsent: (consent, given) => call('giveConsent', { body: consent, ...given }),
    renewConsent: (consent, given) => call('renewConsent', { body: consent, ...given }),
    refuseConsent: (refused, given) => call('refuseConsent', { body: refused, ...given }),
    consents: (person, cursor) => call('listConsents', { body: { person, ...(cursor ? { cursor } : {}) } }),
    withdraw: (person, purpose, { recipient, ...given } = {}) =>
      call('withdrawConsent', { body: { person, purpose, ...(recipient ? { recipient } : {}) }, ...given }),
    grants: async (person) => (await call('listGrants', { body: { person } })).items,
    erase: (person, given) => call('erase', { body: { person }, ...given }),
    async accessLink(person) {
      const link = await call('createAccessLink', { body: { person } })
      return { ...link, url: `${url}${link.path}` }
    },
    async publish(given) {
      const live = await findLive()
      if (live && sameContent(live.content, notice)) {
        noticeId = live.id
        return { published: false, notice: live }
      }
      const reply = await call('publishNotice', { body: notice, ...given })
      noticeId = reply.notice.id
      return { published: true, ...reply }
    },
    organisations: {
      create: (draft, given) => call('createOrganisation', { body: draft, ...given }),
      async *list() {
        let cursor: string | undefined
        do {
          const page = await call('listOrganisations', cursor === undefined ? {} : { query: { cursor } })
          yield* page.items
          cursor = page.next ?? undefined
        } while (cursor !== undefined)
      },
    },
    clients: {
      create: (draft, given) => call('createClient', { body: draft, ...given }),
      list: async () => (await call('listClients')).items,
      revoke: (client, given) => call('revokeClient', { body: { client }, ...given }),
    },
  }
}

/** Makes the type of a look true: the server leaves out what the record does not hold. */
const withAsked = <T extends { readonly fields: Readonly<Record<string, string>> }>(
  answer: T,
  asked: readonly string[],
): T => ({
  ...answer,
  fields: Object.fromEntries(asked.map((name) => [name, answer.fields[name] ?? ''])),
})

const isList = (value: readonly string[] | BatchOptions): value is readonly string[] => Array.isArray(value)

function collectBody(item: Collect<NoticeDraft>): BodyOf<'collect'> {
  const fields: Record<string, string> = {}
  for (const [name, value] of Object.entries(item.fields)) if (value !== undefined) fields[name] = value
  return { ...item, fields }
}

function outcomeOf<T extends object>(
  answer: T | { readonly problem: object } | undefined,
  language: Language,
): Outcome<T> {
  if (answer !== undefined && !('problem' in answer)) return { ok: true, ...answer }
  const error = answer === undefined ? undefined : fromProblem(answer.problem as object, language)
  return { ok: false, error: error ?? new BaileeError('reply_malformed', ownErrors.reply_malformed[language]) }
}

/** Cut by number and by size, the same way for the same items, so that a repeated run has the same batches. */
function split<Item>(items: readonly Item[], maxItems: number): Item[][] {
  const encoder = new TextEncoder()
  const batches: Item[][] = []
  let bytes = 0
  for (const item of items) {
    const size = encoder.encode(JSON.stringify(item)).length + 1
    const last = batches.at(-1)
    if (last === undefined || last.length >= maxItems || bytes + size > batchBytes) {
      batches.push([item])
      bytes = size
    } else {
      last.push(item)
      bytes += size
    }
  }
  return batches
}

/** Both are plain JSON. */
const sameContent = (a: NoticeDraft, b: NoticeDraft): boolean =>
  canonicalJson(a as unknown as Json) === canonicalJson(b as unknown as Json)
