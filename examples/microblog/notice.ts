import { defineNotice } from '@bailee/sdk'

const both = (en: string, zh: string) => ({ en, zh })

/** What is collected and why, before anything is. Each field serves the fewest purposes it can. */
export const notice = defineNotice({
  slug: 'microblog',
  title: both('Your account on Paper Lantern', '纸灯笼账号'),
  contact: both('Privacy desk, privacy@paper-lantern.example', '隐私专员，privacy@paper-lantern.example'),
  recipients: [],
  purposes: [
    { id: 'delivery', title: both('Sending you your prizes', '寄送奖品'), basis: 'contract', retentionDays: 365 },
    {
      id: 'support',
      title: both('Calling you back when you need help', '回电协助'),
      basis: 'consent',
      retentionDays: 180,
    },
    { id: 'newsletter', title: both('Telling you what is new', '介绍新内容'), basis: 'consent', retentionDays: 90 },
  ],
  categories: [
    {
      id: 'name',
      term: 'pd:Name',
      title: both('Who you are', '姓名'),
      sensitive: false,
      purposes: ['delivery'],
      fields: [{ name: 'name', title: both('Name', '姓名') }],
    },
    {
      id: 'place',
      term: 'pd:PhysicalAddress',
      title: both('Where to deliver', '收货地址'),
      sensitive: false,
      purposes: ['delivery'],
      fields: [{ name: 'address', title: both('Delivery address', '收货地址') }],
    },
    {
      id: 'call',
      term: 'pd:TelephoneNumber',
      title: both('How to call you', '联系电话'),
      sensitive: false,
      purposes: ['support'],
      fields: [{ name: 'phone', title: both('Phone', '电话') }],
    },
    {
      id: 'mail',
      term: 'pd:EmailAddress',
      title: both('How to write to you', '电子邮箱'),
      sensitive: false,
      purposes: ['newsletter'],
      fields: [{ name: 'email', title: both('E-mail', '电子邮箱') }],
    },
  ],
})
