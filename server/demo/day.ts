import { BaileeError, createBailee, type NoticeDraft, type Receipt, type ReplyOf } from '@bailee/sdk'
import { diceOf, type TestPerson } from './people.ts'
import { courierNotice, foundServer, microblogNotice, openProvider, type Provider, shopNotice } from './providers.ts'

/** Any of the three: which purposes its notice has is known at run time only. */
export type AnyProvider = Provider<NoticeDraft>
export interface World {
  readonly url: string
  /** The key that registers providers. */
  readonly founder: string
  readonly shop: Provider<typeof shopNotice>
  /** Microblog, shop and courier. */
  readonly providers: readonly AnyProvider[]
}
export interface Member {
  /** The id that the provider knows them by. */
  readonly person: string
  readonly provider: AnyProvider
  readonly invented: TestPerson
  readonly agreed: readonly string[]
}
/** Something that was done, and the receipt that was given for it. */
export interface Act {
  readonly what: 'collect' | 'look' | 'find' | 'withdraw' | 'correct' | 'erase'
  readonly person: string
  readonly provider: AnyProvider
  readonly receipt: Receipt
  /** Code of the refusal; absent when it was done. */
  readonly refused?: string
}
export type Certificate = ReplyOf<'erase'>

export interface Diary {
  readonly members: Member[]
  readonly acts: Act[]
  /** Refusals that came without a receipt: the server says that there is no such person, so there is no chain to log to. */
  readonly untraced: { readonly person: string; readonly code: string }[]
  /** Entries that bear no receipt: links made and sessions begun. */
  others: number
}
export const newDiary = (): Diary => ({ members: [], acts: [], untraced: [], others: 0 })

export async function openWorld(url: string, setupToken: string): Promise<World> {
  const founder = await foundServer(url, setupToken)
  const name = (en: string, zh: string) => ({ en: `${en} (invented)`, zh: `${zh}（虚构）` })
  const microblog = await openProvider(url, founder, name('Whisper Wall', '低语墙'), microblogNotice)
  const shop = await openProvider(url, founder, name('Nowhere Goods', '无处商店'), shopNotice)
  const courier = await openProvider(url, founder, name('Paper Crane Courier', '纸鹤快递'), courierNotice)
  // The same objects with wider types: purposes and fields are then texts that the server judges, not the compiler.
  const providers = [microblog, shop, courier] as unknown as readonly AnyProvider[]
  return { url, founder, shop, providers }
}

/** Everybody reads a notice, agrees to some of it, and hands over what it covers: person, consent and data in one. */
export async function registerPeople(
  { providers }: World,
  people: readonly TestPerson[],
  diary: Diary,
  onProgress: (done: number) => void,
): Promise<void> {
  let done = 0
  await inParallel(people, async (invented) => {
    const provider = providers[invented.number % providers.length]!
    const { snapshot, notice } = await provider.website.takeSnapshot(invented.language)
    const [main, help, news] = notice.content.purposes.map(({ id }) => id)
    const agreed = [main!, ...(invented.number % 9 === 0 ? [] : [help!]), ...(news && invented.wantsNews ? [news] : [])]
    const covered = notice.content.categories.flatMap(({ fields }) => fields.map(({ name }) => name))
    const fields = Object.fromEntries(Object.entries(invented.fields).filter(([field]) => covered.includes(field)))
    const { person, receipt } = await provider.website.collect({ consent: { snapshot, purposes: agreed }, fields })
    diary.members.push({ person, provider, invented, agreed })
    diary.acts.push({ what: 'collect', person, provider, receipt })
    onProgress(++done)
  })
}

/** Clerks at work: each look names a purpose, a clerk and a case. Some ask for what they may not have. */
export async function workday(diary: Diary, looks: number, onProgress: (done: number) => void): Promise<void> {
  const dice = diceOf(7)
  const members = diary.members.toSorted((a, b) => a.invented.number - b.invented.number)
  const plans = Array.from({ length: looks }, (_, at) => ({
    member: members[Math.floor(dice() * members.length)]!,
    clerk: 1 + Math.floor(dice() * 6),
    kind: dice(),
    at,
  }))
  let done = 0
  await inParallel(plans, async ({ member, clerk, kind, at }) => {
    const { provider, person, agreed } = member
    const [main, help] = provider.purposes
    const options = { onBehalfOf: `clerk-${clerk}`, case: `case-${1001 + at}` }
    const look = (desk: AnyProvider['desk'], purpose: string, fields: readonly string[]) =>
      recordLook(diary, member, () => desk.for(purpose).look(person, fields, options))
    if (kind < 0.66) await look(provider.desk, main!, ['name', 'phone'])
    else if (kind < 0.78 && agreed.includes(help!)) await look(provider.help, help!, ['name'])
    // Refused: the desk's key is bound to another purpose.
    else if (kind < 0.86) await look(provider.desk, help!, ['name'])
    // Refused unless the person agreed to it.
    else if (kind < 0.93) await look(provider.help, help!, ['phone'])
    else {
      const phone = member.invented.fields.phone
      const { items } = await provider.desk.call('find', {
        body: { purpose: main!, field: 'phone', value: phone, ...options },
      })
      for (const found of items)
        diary.acts.push({ what: 'find', person: found.person, provider, receipt: found.receipt })
    }
    onProgress(++done)
  })
  // A round of deliveries: many named people in one request, an entry for each.
  const round = members.filter(({ provider }) => provider === members[0]!.provider).slice(0, 40)
  const [main] = round[0]!.provider.purposes
  const outcomes = await round[0]!.provider.desk.for(main!).lookMany(
    round.map(({ person }) => person),
    ['name'],
  )
  for (const [at, outcome] of outcomes.entries()) {
    const { person, provider } = round[at]!
    if (outcome.ok) diary.acts.push({ what: 'look', person, provider, receipt: outcome.receipt })
  }
}

/** A look that may be refused; either way it goes into the diary with its receipt. Answers the refusal's code. */
export async function recordLook(
  diary: Diary,
  { person, provider }: Pick<Member, 'person' | 'provider'>,
  look: () => Promise<{ readonly receipt: Receipt }>,
): Promise<string | undefined> {
  try {
    const { receipt } = await look()
    diary.acts.push({ what: 'look', person, provider, receipt })
    return undefined
  } catch (error) {
    if (!(error instanceof BaileeError)) throw error
    const { code, receipt } = error
    if (receipt) diary.acts.push({ what: 'look', person, provider, receipt, refused: code })
    else diary.untraced.push({ person, code })
    return code
  }
}

/** The person takes back one purpose. What they were told then happens: that key is gone, the others are not. */
export async function withdrawSupport({ shop }: World, member: Member, diary: Diary) {
  const { destroyed, receipt } = await shop.privacy.withdraw(member.person, 'support')
  diary.acts.push({ what: 'withdraw', person: member.person, provider: member.provider, receipt })
  const help = await recordLook(diary, member, () =>
    shop.help.for('support').look(member.person, ['name'], { onBehalfOf: 'clerk-2', case: 'case-after-withdrawal' }),
  )
  const delivery = await recordLook(diary, member, () =>
    shop.desk.for('delivery').look(member.person, ['name', 'address'], { onBehalfOf: 'clerk-1', case: 'case-parcel' }),
  )
  return { destroyed, help, delivery }
}

/** An administrator makes a key for the night and looks. Nobody forbids it; the person and the public can see it. */
export async function nightLook({ shop, url }: World, member: Member, diary: Diary): Promise<{ client: string }> {
  const { client, key } = await shop.admin.clients.create({
    name: 'night desk',
    abilities: ['look'],
    purposes: ['delivery'],
  })
  const night = createBailee({ url, key, notice: shopNotice })
  await recordLook(diary, member, () => night.for('delivery').look(member.person, ['name', 'address']))
  return { client: client.id }
}

/** What was wrong is put right: sealed anew, under the same keys. */
export async function correctPhone({ shop }: World, member: Member, diary: Diary): Promise<string> {
  const phone = '12000000999'
  const { receipt } = await shop.privacy.collect({ person: member.person, replace: true, fields: { phone } })
  diary.acts.push({ what: 'correct', person: member.person, provider: member.provider, receipt })
  return phone
}

export async function eraseMember({ shop }: World, member: Member, diary: Diary): Promise<Certificate> {
  const certificate = await shop.privacy.erase(member.person)
  diary.acts.push({
    what: 'erase',
    person: member.person,
    provider: member.provider,
    receipt: certificate.receipt,
  })
  return certificate
}

/** Of a provider's people, the one with this place who agreed to everything that the story needs. */
export function memberOf(diary: Diary, world: World, place: number): Member {
  const agreed = diary.members
    .filter(({ provider, agreed }) => provider === world.providers[1] && agreed.includes('support'))
    .toSorted((a, b) => a.invented.number - b.invented.number)
  const member = agreed[place]
  if (!member) throw new Error('the demonstration has too few people for its story')
  return member
}

/** In order, by as many hands as there are lanes. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>, lanes = 8): Promise<void> {
  const waiting = items.values()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const item of waiting) await work(item)
    }),
  )
}
