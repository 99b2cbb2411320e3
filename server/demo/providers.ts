import { type Bailee, createBailee, createCaller, defineNotice, type NoticeDraft, type PurposeOf } from '@bailee/sdk'

/** Three providers that do not exist. Each says what it collects and why, before it collects anything. Article 2. */
const bilingual = (en: string, zh: string) => ({ en, zh })

export const microblogNotice = defineNotice({
  slug: 'accounts',
  title: bilingual('Your account on Whisper Wall', '低语墙账号'),
  contact: bilingual(
    'Privacy desk of Whisper Wall, privacy@whisper-wall.example',
    '低语墙隐私专员，privacy@whisper-wall.example',
  ),
  recipients: [],
  purposes: [
    {
      id: 'account',
      title: bilingual('Keeping your account and getting it back to you', '维护并找回您的账号'),
      basis: 'contract',
      retentionDays: 365,
    },
    {
      id: 'safety',
      title: bilingual('Following up on reports of harm', '处理侵害举报'),
      basis: 'consent',
      retentionDays: 180,
    },
    {
      id: 'newsletter',
      title: bilingual('Telling you what is new', '向您介绍新内容'),
      basis: 'consent',
      retentionDays: 90,
    },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: bilingual('How to reach you', '联系方式'),
      sensitive: false,
      purposes: ['account', 'safety', 'newsletter'],
      fields: [
        { name: 'name', title: bilingual('Name', '姓名') },
        { name: 'phone', title: bilingual('Phone', '电话'), search: true },
      ],
    },
    {
      id: 'profile',
      term: 'pd:Nickname',
      title: bilingual('What others see of you', '公开资料'),
      sensitive: false,
      purposes: ['account', 'safety'],
      fields: [{ name: 'handle', title: bilingual('Handle', '昵称'), search: true }],
    },
  ],
})

export const shopNotice = defineNotice({
  slug: 'orders',
  title: bilingual('Your orders at Nowhere Goods', '无处商店订单'),
  contact: bilingual(
    'Privacy desk of Nowhere Goods, privacy@nowhere-goods.example',
    '无处商店隐私专员，privacy@nowhere-goods.example',
  ),
  recipients: [{ name: bilingual('Paper Crane Courier', '纸鹤快递'), purpose: 'delivery' }],
  purposes: [
    {
      id: 'delivery',
      title: bilingual('Bringing you what you ordered', '配送您的订单'),
      basis: 'contract',
      retentionDays: 180,
    },
    {
      id: 'support',
      title: bilingual('Answering your questions', '解答您的问题'),
      basis: 'consent',
      retentionDays: 180,
    },
    {
      id: 'newsletter',
      title: bilingual('Telling you about offers', '向您介绍优惠'),
      basis: 'consent',
      retentionDays: 90,
    },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: bilingual('How to reach you', '联系方式'),
      sensitive: false,
      purposes: ['delivery', 'support', 'newsletter'],
      fields: [
        { name: 'name', title: bilingual('Name', '姓名') },
        { name: 'phone', title: bilingual('Phone', '电话'), search: true },
      ],
    },
    {
      id: 'place',
      term: 'pd:PhysicalAddress',
      title: bilingual('Where to bring it', '收货地址'),
      sensitive: false,
      purposes: ['delivery'],
      fields: [{ name: 'address', title: bilingual('Address', '地址') }],
    },
  ],
})

export const courierNotice = defineNotice({
  slug: 'parcels',
  title: bilingual('Your parcels with Paper Crane Courier', '纸鹤快递包裹'),
  contact: bilingual(
    'Privacy desk of Paper Crane Courier, privacy@paper-crane.example',
    '纸鹤快递隐私专员，privacy@paper-crane.example',
  ),
  recipients: [],
  purposes: [
    {
      id: 'delivery',
      title: bilingual('Bringing the parcel to your door', '送件上门'),
      basis: 'contract',
      retentionDays: 90,
    },
    {
      id: 'support',
      title: bilingual('Finding a lost parcel', '查找丢失的包裹'),
      basis: 'consent',
      retentionDays: 180,
    },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: bilingual('How to reach you', '联系方式'),
      sensitive: false,
      purposes: ['delivery', 'support'],
      fields: [
        { name: 'name', title: bilingual('Name', '姓名') },
        { name: 'phone', title: bilingual('Phone', '电话'), search: true },
      ],
    },
    {
      id: 'place',
      term: 'pd:PhysicalAddress',
      title: bilingual('Your door', '送件地址'),
      sensitive: false,
      purposes: ['delivery', 'support'],
      fields: [{ name: 'address', title: bilingual('Address', '地址') }],
    },
  ],
})

/** One organisation and its keys. Each key can do one job: the packers' key cannot answer questions or erase anybody. */
export interface Provider<N extends NoticeDraft> {
  readonly name: { readonly en: string; readonly zh: string }
  readonly organisation: string
  /** Of the notice, in its order. */
  readonly purposes: readonly string[]
  /** Registers keys and publishes notices; it is bound to no purpose, so it sees nobody's information. */
  readonly admin: Bailee<N>
  /** The website's own key: consent and collecting, nothing else. */
  readonly website: Bailee<N>
  /** The desk that works for the first purpose of the notice. */
  readonly desk: Bailee<N>
  readonly deskKey: string
  /** The desk that works for the second one. */
  readonly help: Bailee<N>
  /** Acts when a person asks: withdrawal, correction, erasure, links. */
  readonly privacy: Bailee<N>
}

/** All that a new provider has to do: register, publish, make its keys. */
export async function openProvider<const N extends NoticeDraft>(
  url: string,
  founderKey: string,
  name: Provider<N>['name'],
  notice: N,
): Promise<Provider<N>> {
  const { call } = createCaller({ url, key: founderKey })
  const made = await call('createOrganisation', {
    body: { kind: 'provider', name, client: { name: 'administrator' } },
  })
  const admin = createBailee({ url, key: made.key, notice })
  await admin.publish()
  const keyFor = async (
    job: string,
    abilities: Parameters<typeof admin.clients.create>[0]['abilities'],
    purposes: readonly PurposeOf<N>[],
  ) => (await admin.clients.create({ name: job, abilities, purposes })).key
  const bearing = (key: string) => createBailee({ url, key, notice })
  // Ids of the notice's own purposes, in their order.
  const [first, second] = notice.purposes.map(({ id }) => id as PurposeOf<N>)
  const deskKey = await keyFor('desk', ['look', 'find'], [first!])
  return {
    name,
    organisation: made.organisation.id,
    purposes: notice.purposes.map(({ id }) => id),
    admin,
    website: bearing(await keyFor('website', ['consent', 'collect'], [])),
    desk: bearing(deskKey),
    deskKey,
    help: bearing(await keyFor('help desk', ['look', 'find'], [second!])),
    privacy: bearing(await keyFor('privacy desk', ['consent', 'collect', 'erase'], [])),
  }
}

/** Whoever sets the server up registers the others. */
export async function foundServer(url: string, token: string): Promise<string> {
  const { call } = createCaller({ url })
  const { key } = await call('setup', {
    body: {
      token,
      organisation: {
        kind: 'authority',
        name: bilingual('Example Town Information Office (invented)', '示例市信息办公室（虚构）'),
        level: 'city',
      },
      client: { name: 'administrator' },
    },
  })
  return key
}
