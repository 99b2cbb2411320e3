import type { Bilingual, Clock, DemandKind } from './model.ts'

const every: readonly DemandKind[] = ['see', 'copy', 'correct', 'delete', 'stop', 'explain']
const order24: Bilingual = {
  en: 'Provisions on Protecting the Personal Information of Telecommunications and Internet Users (MIIT Order 24)',
  zh: '电信和互联网用户个人信息保护规定（工业和信息化部令第24号）',
}
const method191: Bilingual = {
  en: 'Method for Identifying Illegal Collection and Use of Personal Information by Apps',
  zh: 'App违法违规收集使用个人信息行为认定方法',
}
const security: Bilingual = {
  en: 'Information security technology: personal information security specification',
  zh: '信息安全技术 个人信息安全规范',
}
const gdpr: Bilingual = { en: 'Regulation (EU) 2016/679 (GDPR)', zh: '欧盟《通用数据保护条例》（2016/679）' }
const verified: Bilingual = {
  en: 'the identity of who asks has been established',
  zh: '已验证请求人身份',
}
const received: Bilingual = { en: 'the demand has been received', zh: '收到请求' }

/**
 * The Personal Information Protection Law (articles 44 to 50), the Network Data Security Regulations (article 23) and the Decision
 * (article 8) say "in good time" and give no number: the numbers come from the instruments below them.
 */
export const clocks: readonly Clock[] = [
  {
    id: 'cn-order24-12',
    regime: 'cn',
    instrument: order24,
    version: '2013',
    article: '12',
    event: { en: 'the complaint has been received', zh: '接到投诉' },
    demands: ['delete', 'stop'],
    length: { days: 15 },
    counting: 'cn',
    from: '2013-09-01',
    to: null,
    rank: 'departmental-rule',
    source:
      'Decree of 16 July 2013, in force 1 September 2013; the 15 days are reported of the draft of April 2013 (lexology.com), the final wording of article 12 was not checked',
    secondHand: true,
    note: {
      en: 'The article speaks of complaints. A demand under article 8 of the Decision, to delete or to stop, is counted as one: the stricter reading.',
      zh: '本条所称为投诉；依《决定》第八条提出的删除或制止请求，按从严理解一并适用。',
    },
  },
  {
    id: 'cn-191-6',
    regime: 'cn',
    instrument: method191,
    version: '国信办秘字〔2019〕191号',
    article: '6',
    event: received,
    demands: ['correct', 'delete'],
    length: { workingDays: 15 },
    counting: 'cn',
    from: '2019-11-28',
    to: null,
    rank: 'normative-document',
    source:
      'Issued 28 November 2019 by the offices of CAC, MIIT, MPS and SAMR; 15 working days at most, also where none were promised: known from quotations and a report of the China Consumers Association of 14 December 2021; which item of section 6 was not checked',
    secondHand: true,
  },
  {
    id: 'cn-35273-8-7',
    regime: 'cn',
    instrument: security,
    version: 'GB/T 35273-2020',
    article: '8.7 a)',
    event: verified,
    demands: every,
    length: { days: 30 },
    counting: 'cn',
    from: '2020-10-01',
    to: null,
    rank: 'standard',
    source: 'National standard of 6 March 2020, recommended; clause known second-hand',
    secondHand: true,
  },
  {
    id: 'cn-35273-2017-7-11',
    regime: 'cn',
    instrument: security,
    version: 'GB/T 35273-2017',
    article: '7.11 a)',
    event: verified,
    demands: every,
    length: { days: 30 },
    counting: 'cn',
    from: '2018-05-01',
    to: '2020-09-30',
    rank: 'standard',
    source: 'National standard of 29 December 2017, replaced by the edition of 2020; clause known second-hand',
    secondHand: true,
  },
  {
    id: 'eu-gdpr-12-3',
    regime: 'eu',
    instrument: gdpr,
    version: '2016/679',
    article: '12(3)',
    event: received,
    demands: every,
    length: { months: 1 },
    extension: { length: { months: 2 }, article: '12(3), second sentence' },
    counting: 'eu',
    from: '2018-05-25',
    to: null,
    rank: 'law',
    source:
      'GDPR, article 12(3) and (4); while identity is in doubt (12(6)) the clock waits: EDPB Guidelines 01/2022 on the right of access',
  },
  {
    id: 'cn-incident-general',
    regime: 'cn',
    instrument: {
      en: 'Measures for Reporting National Network Security Incidents',
      zh: '国家网络安全事件报告管理办法',
    },
    version: '2025',
    article: '5',
    event: { en: 'a relatively major incident was discovered', zh: '发现较大以上网络安全事件' },
    demands: [],
    length: { hours: 4 },
    counting: 'cn',
    from: '2025-11-01',
    to: null,
    rank: 'departmental-rule',
    source:
      'Published 11 September 2025, in force 1 November 2025; read in a report that quotes the official page; article number not checked',
    secondHand: true,
  },
  {
    id: 'eu-gdpr-33-1',
    regime: 'eu',
    instrument: gdpr,
    version: '2016/679',
    article: '33(1)',
    event: { en: 'the controller became aware of the breach', zh: '控制者知悉个人数据泄露' },
    demands: [],
    length: { hours: 72 },
    counting: 'eu',
    from: '2018-05-25',
    to: null,
    rank: 'law',
    source: 'Regulation (EU) 2016/679, article 33(1); the hour by Regulation 1182/71, article 3(1)',
  },
]
