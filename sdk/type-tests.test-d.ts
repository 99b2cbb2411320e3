// Checked by `tsc`, never run: each @ts-expect-error is a mistake that must not compile.
import { vault } from '@bailee/contract'
import { createBailee, createCaller, defineNotice } from './index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const isTrue = <T extends true>(value?: T) => value
const both = (text: string) => ({ en: text, zh: text })

export const notice = defineNotice({
  slug: 'shop',
  title: both('Shop'),
  contact: both('privacy@shop.example'),
  purposes: [
    { id: 'delivery', title: both('Delivery'), basis: 'contract', retentionDays: 90 },
    { id: 'support', title: both('Support'), basis: 'consent', retentionDays: 30 },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: both('Contact'),
      sensitive: false,
      fields: [
        { name: 'name', title: both('Name') },
        { name: 'phone', title: both('Phone'), search: true },
      ],
      purposes: ['delivery', 'support'],
    },
    {
      id: 'address',
      term: 'pd:PhysicalAddress',
      title: both('Address'),
      sensitive: true,
      fields: [{ name: 'street', title: both('Street'), search: true }],
      purposes: ['delivery'],
    },
  ],
  recipients: [],
})
const bailee = createBailee({ url: 'https://bailee.example', key: 'k', notice })
const person = 'per_0198c2f0000000000000000000000000'

const clinic = createBailee({
  url: 'https://bailee.example',
  key: 'k',
  notice: defineNotice({
    ...notice,
    slug: 'clinic',
    purposes: [
      { id: 'visits', title: both('Visits'), basis: 'consent', retentionDays: 30 },
      { id: 'research', title: both('Research'), basis: 'separate-consent', retentionDays: 30 },
      { id: 'billing', title: both('Billing'), basis: 'legal-duty', retentionDays: 30 },
    ],
  }),
})

export async function everythingTheNoticeAllows() {
  const look = await bailee.for('delivery').look(person, ['name', 'street'])
  isTrue<Equal<typeof look.fields, { readonly name: string; readonly street: string }>>()
  const many = await bailee.for('support').lookMany([person], ['phone'])
  const [first] = many
  if (first?.ok) isTrue<Equal<typeof first.fields, { readonly phone: string }>>()
  const mixed = await bailee.for('delivery').lookMany([
    { person, fields: ['name'] },
    { person, fields: ['street'] },
  ])
  const [, second] = mixed
  if (second.ok) isTrue<Equal<typeof second.fields, { readonly street: string }>>()
  await bailee.for('support').find('phone', '13800000000')
  await bailee.collect({ person, fields: { name: 'Wang Xiaoming (invented)' } })
  await bailee.collect({ consent: { snapshot: 's', purposes: ['delivery'] }, fields: { street: '1 Example Road' } })
  const either: 'delivery' | 'support' = Math.random() > 0.5 ? 'delivery' : 'support'
  await bailee.for(either).look(person, ['name'])
  const named = await bailee.call('look', { body: { person, purpose: 'delivery', fields: ['name'] } })
  const shaped = await bailee.call(vault.look, { body: { person, purpose: 'delivery', fields: ['name'] } })
  isTrue<Equal<typeof named, typeof shaped>>()
  await createCaller({ url: 'https://bailee.example' }).call('ledgerStatus')
  await clinic.giveConsent({ snapshot: 's', purposes: ['visits'], separately: ['research'], informed: ['billing'] })
  await clinic.giveConsent({ snapshot: 's', purposes: [], asGuardian: true })
  await clinic.withdraw(person, 'research', { recipient: 'lab' })
}

export async function whatMustNotCompile() {
  // @ts-expect-error an unknown purpose
  bailee.for('marketing')
  // @ts-expect-error a field whose category does not list the purpose
  await bailee.for('support').look(person, ['street'])
  // @ts-expect-error a field that is not collected
  await bailee.for('delivery').look(person, ['birthday'])
  // @ts-expect-error the same in a batch
  await bailee.for('support').lookMany([{ person, fields: ['street'] }])
  // @ts-expect-error the same for many people
  await bailee.for('support').lookMany([person], ['street'])
  // @ts-expect-error a field that is not searchable
  await bailee.for('delivery').find('name', 'x')
  // @ts-expect-error searchable, but not for this purpose
  await bailee.for('support').find('street', 'x')
  // @ts-expect-error a field that the notice does not cover
  await bailee.collect({ person, fields: { birthday: '2000-01-01' } })
  // @ts-expect-error the same in a batch
  await bailee.collectMany([{ person, fields: { name: 'x', birthday: '2000-01-01' } }])
  // @ts-expect-error consent to a purpose that the notice does not state
  await bailee.collect({ consent: { snapshot: 's', purposes: ['marketing'] }, fields: { name: 'x' } })
  // @ts-expect-error a key bound to a purpose that the notice does not state
  await bailee.clients.create({ name: 'x', abilities: ['look'], purposes: ['marketing'] })
  // @ts-expect-error an ability that does not exist
  await bailee.clients.create({ name: 'x', abilities: ['peek'], purposes: ['delivery'] })
  // @ts-expect-error withdrawing a purpose that the notice does not state
  await bailee.withdraw(person, 'marketing')
  // @ts-expect-error separate consent that is bundled with another
  await clinic.giveConsent({ snapshot: 's', purposes: ['visits', 'research'] })
  // @ts-expect-error agreeing to what rests on a legal duty
  await clinic.giveConsent({ snapshot: 's', purposes: [], separately: ['billing'] })
  // @ts-expect-error being told of what must be agreed to
  await clinic.giveConsent({ snapshot: 's', purposes: [], informed: ['visits'] })
  // @ts-expect-error refusing what is not asked
  await clinic.refuseConsent({ person, snapshot: 's', purposes: ['billing'] })
  const look = await bailee.for('delivery').look(person, ['name'])
  // @ts-expect-error a field that was not asked for
  look.fields.phone
  const either: 'delivery' | 'support' = Math.random() > 0.5 ? 'delivery' : 'support'
  // @ts-expect-error allowed for one of the two purposes only
  await bailee.for(either as 'delivery' | 'support').look(person, ['street'])
  // @ts-expect-error a body of another shape
  await bailee.call('look', { body: { person, purpose: 'delivery' } })
  // @ts-expect-error a route that needs a body
  await bailee.call('look')
  // @ts-expect-error a route that does not exist
  await bailee.call('peek')
  // @ts-expect-error a legal basis that does not exist
  defineNotice({ ...notice, purposes: [{ id: 'x', title: both('x'), basis: 'because', retentionDays: 1 }] })
}
