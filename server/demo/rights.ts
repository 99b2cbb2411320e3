import { createHash } from 'node:crypto'
import { demands, notices, vault } from '@bailee/contract'
import {
  base64Decode,
  canonicalJson,
  canonicalJsonBytes,
  concat,
  type Json,
  utf8Encode,
  verifyEd25519,
} from '@bailee/proof'
import { BaileeError, createBailee, createCaller, defineNotice } from '@bailee/sdk'
import type { Diary } from './day.ts'
import { arriveAsPerson } from './outsider.ts'
import { openProvider } from './providers.ts'
import { type Found, insist } from './verify.ts'

/** A fourth provider, with what is sensitive: a clinic that asks separately, asks parents, and changes its notice. */
const bilingual = (en: string, zh: string) => ({ en, zh })
const notice = defineNotice({
  slug: 'patients',
  title: bilingual('Your visits to Willow Bend Clinic', '柳湾诊所就诊'),
  contact: bilingual(
    'Privacy desk of Willow Bend Clinic, privacy@willow-bend.example',
    '柳湾诊所隐私专员，privacy@willow-bend.example',
  ),
  manner: bilingual('You tell us at the desk or on our site.', '由您在前台或网站告知。'),
  minors: { guardianBelow: 14, rule: bilingual('Below fourteen a parent decides.', '未满十四周岁由父母决定。') },
  recipients: [
    {
      slug: 'laboratory',
      name: bilingual('Clear Water Laboratory (invented)', '清水检验所（虚构）'),
      purpose: 'treatment',
      contract: 'WB-2026-3',
    },
  ],
  purposes: [
    { id: 'treatment', title: bilingual('Treating you', '诊疗'), basis: 'separate-consent', retentionDays: 3650 },
    {
      id: 'reminders',
      title: bilingual('Reminding you of visits', '复诊提醒'),
      basis: 'consent',
      consentDays: 365,
      retentionDays: 400,
    },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: bilingual('How to reach you', '联系方式'),
      sensitive: false,
      purposes: ['reminders', 'treatment'],
      fields: [
        { name: 'name', title: bilingual('Name', '姓名'), kind: 'name' },
        { name: 'phone', title: bilingual('Phone', '电话'), kind: 'phone', search: true },
      ],
    },
    {
      id: 'health',
      term: 'pd:HealthRecord',
      title: bilingual('Your health', '健康状况'),
      sensitive: true,
      purposes: ['treatment'],
      fields: [{ name: 'allergies', title: bilingual('Allergies', '过敏史') }],
    },
  ],
})
/** The same, and a field more: whoever agreed before is not taken to have agreed to it. */
const wider = {
  ...notice,
  categories: [
    notice.categories[0],
    {
      ...notice.categories[1],
      fields: [...notice.categories[1].fields, { name: 'bloodType', title: bilingual('Blood type', '血型') }],
    },
  ],
} as const

interface Shown {
  readonly fields: Readonly<Record<string, string>>
}
/** The code of the refusal; undefined when it was not refused. Any other failure is thrown on. */
const codeOf = (answer: Promise<unknown>): Promise<string | undefined> =>
  answer.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof BaileeError) return error.code
      throw error
    },
  )

/** What the first regime asks for beyond a plain look: notices that change, consent of each kind, receipts. */
export async function rightsAreReal(url: string, founderKey: string, diary: Diary): Promise<Found[]> {
  const clinic = await openProvider(
    url,
    founderKey,
    bilingual('Willow Bend Clinic (invented)', '柳湾诊所（虚构）'),
    notice,
  )
  const found: Found[] = []
  const told = (en: string, zh: string) => void found.push({ promise: 'rights', en, zh })
  const adult = { ageBand: 'adult' } as const
  const shown = async () => (await clinic.website.takeSnapshot('en')).snapshot
  const agree = async (more: object) =>
    clinic.website.call('giveConsent', { body: { snapshot: await shown(), purposes: [], ...more } })

  const bundled = await codeOf(agree({ ...adult, purposes: ['reminders', 'treatment'] }))
  insist(bundled === 'separate_consent_bundled', `bundled consent answered ${bundled ?? 'with success'}`)
  const { person, consentReceipt } = await agree({
    ...adult,
    purposes: ['reminders'],
    separately: ['treatment'],
    recipients: ['laboratory'],
  })
  told('sensitive: bundled consent is refused, a separate one is taken', '敏感信息：捆绑同意被拒，单独同意方可')
  const { document, signature, key } = consentReceipt
  const message = concat(utf8Encode('bailee/consent-receipt/v1\n'), canonicalJsonBytes(document as Json))
  insist(verifyEd25519(base64Decode(key), message, base64Decode(signature)), 'the consent receipt does not verify')
  told('the consent receipt (ISO/IEC TS 27560) verifies without the server', '同意回执（ISO/IEC TS 27560）可离线核验')

  const parent = (await agree({ ...adult, purposes: ['reminders'], asGuardian: true })).person
  const alone = await codeOf(agree({ ageBand: 'under14', separately: ['treatment'] }))
  insist(alone === 'guardian_needed', `a child alone was answered ${alone ?? 'with success'}`)
  const handOver = new Date(Date.now() + 5 * 365 * 86_400_000).toISOString().slice(0, 10)
  const child = await agree({
    ageBand: 'under14',
    separately: ['treatment'],
    guardian: { person: parent, relation: 'parent', handOver },
  })
  insist(child.grants.length > 0, 'the guardian’s consent opened nothing')
  told(
    `a child cannot agree alone; a parent can, until ${handOver}`,
    `未满十四周岁不能自行同意；父母可代为同意，至 ${handOver}`,
  )

  await clinic.website.call(notices.refuseConsent, {
    body: { snapshot: await shown(), person: child.person, purposes: ['reminders'] },
  })
  const asked = await codeOf(
    clinic.website.call('giveConsent', {
      body: {
        snapshot: await shown(),
        person: child.person,
        purposes: ['reminders'],
        ageBand: 'under14',
        guardian: { person: parent, relation: 'parent', handOver },
      },
    }),
  )
  insist(asked === 'asked_too_soon', `asking again after a refusal was answered ${asked ?? 'with success'}`)
  told('who said no is not asked again before a stated date', '拒绝之后，在载明日期之前不得再次询问')

  await clinic.website.collect({
    person,
    fields: { name: 'Hua Invented', phone: '13800009999', allergies: 'none known' },
  })
  const preview = await clinic.admin.call(notices.previewNotice, { body: wider })
  insist(preview.widens && preview.askedAnew > 0, 'the preview does not say that the notice widens')
  const published = await clinic.admin.call('publishNotice', { body: wider })
  const desk = createBailee({ url, key: clinic.deskKey, notice: wider })
  const old = await desk.for('treatment').look(person, ['allergies'])
  insist(old.fields.allergies === 'none known', 'what was agreed to does not open any more')
  const fresh = await codeOf(desk.for('treatment').look(person, ['bloodType']))
  insist(fresh === 'grant_missing', `a field nobody agreed to was answered ${fresh ?? 'with the data'}`)
  told(
    `notice widened: ${preview.askedAnew} to be asked anew; the new field does not open`,
    `规则扩大：须重新征得 ${preview.askedAnew} 人同意，新增信息不得开启`,
  )
  const dpv = await createCaller({ url }).call(notices.noticeDpv, { params: { notice: published.notice.id } })
  const hash = createHash('sha256')
    .update(canonicalJson(published.notice.content as Json))
    .digest('hex')
  insist(hash === published.notice.hash, 'the notice is not what its hash says')
  insist('@context' in dpv, 'the machine-readable notice is no JSON-LD')
  told('each version is published for machines too (W3C DPV JSON-LD)', '每一版本亦以机器可读格式（W3C DPV）公布')

  const less = (await clinic.desk.call(vault.look, {
    body: { person, purpose: 'treatment', fields: ['phone.last4', 'name.initial'] },
  })) as Shown
  insist(less.fields['phone.last4'] === '9999' && !('phone' in less.fields), 'the masked look showed something else')
  told(
    'who needs less sees less: phone.last4, and so says the entry',
    '只需部分信息者只见部分：电话后四位，条目亦如实记载',
  )

  const release = () =>
    clinic.desk.call(vault.release, {
      body: { person, purpose: 'treatment', recipient: 'laboratory', fields: ['allergies'] },
    })
  insist(((await release()) as Shown).fields.allergies === 'none known', 'the release gave something else')
  await clinic.website.call('withdrawConsent', { body: { person, purpose: 'treatment', recipient: 'laboratory' } })
  const after = await codeOf(release())
  insist(
    after === 'recipient_not_agreed',
    `after withdrawing the recipient a release answered ${after ?? 'with the data'}`,
  )
  insist(
    (await codeOf(desk.for('treatment').look(person, ['allergies']))) === undefined,
    'withdrawing a recipient closed the purpose',
  )
  told('a recipient gets what was agreed to, until withdrawn by itself', '接收方仅在同意期间获得信息，可单独撤回')

  const self = await arriveAsPerson(url, (await clinic.privacy.accessLink(person)).token)
  const demand = await self(demands.makeDemand, {
    body: { kind: 'correct', fields: ['name'], text: 'My name is written otherwise.' },
  })
  const { clock } = demand.demand
  insist(
    clock !== null && (clock.steps?.length ?? 0) > 0 && Date.parse(clock.dueAt) > Date.now(),
    'the demand has no clock',
  )
  told(
    `a demand runs a clock of the law, shown by steps: due ${clock.dueAt.slice(0, 10)}`,
    `更正请求按法定期限计时并逐日列明：${clock.dueAt.slice(0, 10)} 到期`,
  )
  // The consent of the adult, of the parent, of the parent for the child (an entry for each of them), the refusal, the
  // collect, four looks of which one was refused, two releases, the withdrawal, the link, the session, the demand.
  diary.others += 16
  return found
}
