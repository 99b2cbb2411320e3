import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * dpv-cn: an extension of the W3C Data Privacy Vocabulary for the law of mainland China, which has none. Concepts of the
 * 2012 Decision, the Personal Information Protection Law of 2021 and the Network Data Security Management Regulations,
 * each with labels in English and Chinese and the articles that it comes from. SKOS; not an official translation.
 * The name is a URN, so that it is the same at every installation.
 */
export const dpvCnNamespace = 'urn:bailee:dpv-cn#'

const laws = {
  Decision: {
    en: 'Decision of the Standing Committee of the National People’s Congress on Strengthening Network Information Protection (2012)',
    zh: '全国人民代表大会常务委员会关于加强网络信息保护的决定（2012年）',
  },
  PIPL: { en: 'Personal Information Protection Law (2021)', zh: '中华人民共和国个人信息保护法（2021年）' },
  NDR: { en: 'Network Data Security Management Regulations (2024)', zh: '网络数据安全管理条例（2024年）' },
} as const
type Law = keyof typeof laws
type Term = readonly [id: string, broader: string, en: string, zh: string, sources: readonly `${Law} ${string}`[]]

/** Groups of concepts, each under a concept of DPV or of this vocabulary. */
const terms: readonly Term[] = [
  // Legal bases: PIPL article 13, (1) to (7).
  ['LegalBasis', 'dpv:LegalBasis', 'Legal basis for handling', '处理个人信息的合法性基础', ['PIPL 13']],
  ['Consent', 'dpv:Consent', 'Consent of the individual', '取得个人的同意', ['PIPL 13(1)', 'PIPL 14', 'Decision 2']],
  [
    'SeparateConsent',
    'dpv-cn:Consent',
    'Separate consent',
    '单独同意',
    ['PIPL 23', 'PIPL 25', 'PIPL 26', 'PIPL 29', 'PIPL 39'],
  ],
  ['WrittenConsent', 'dpv-cn:Consent', 'Written consent', '书面同意', ['PIPL 14', 'PIPL 29']],
  [
    'GuardianConsent',
    'dpv-cn:Consent',
    'Consent of a parent or other guardian',
    '父母或者其他监护人的同意',
    ['PIPL 31'],
  ],
  [
    'FreshConsent',
    'dpv-cn:Consent',
    'Fresh consent after purpose, manner or kinds change',
    '变更后重新取得同意',
    ['PIPL 14', 'PIPL 23'],
  ],
  [
    'ContractNecessity',
    'dpv:Contract',
    'Necessary for a contract of which the individual is a party',
    '为订立、履行个人作为一方当事人的合同所必需',
    ['PIPL 13(2)'],
  ],
  [
    'HumanResourcesNecessity',
    'dpv-cn:LegalBasis',
    'Necessary for human resources management under lawful rules or a collective contract',
    '按照依法制定的劳动规章制度和依法签订的集体合同实施人力资源管理所必需',
    ['PIPL 13(2)'],
  ],
  [
    'StatutoryDuty',
    'dpv:LegalObligation',
    'Necessary for statutory duties or obligations',
    '为履行法定职责或者法定义务所必需',
    ['PIPL 13(3)'],
  ],
  [
    'StateOrganDuty',
    'dpv-cn:StatutoryDuty',
    'A state organ performing its statutory duties',
    '国家机关为履行法定职责',
    ['PIPL 34'],
  ],
  [
    'EmergencyProtection',
    'dpv:VitalInterest',
    'Public health emergency, or protecting life, health or property in an emergency',
    '为应对突发公共卫生事件，或者紧急情况下为保护自然人的生命健康和财产安全所必需',
    ['PIPL 13(4)'],
  ],
  [
    'NewsAndOversight',
    'dpv:PublicInterest',
    'News reporting and supervision by public opinion, in the public interest and within reason',
    '为公共利益实施新闻报道、舆论监督等行为',
    ['PIPL 13(5)'],
  ],
  [
    'LawfullyPublic',
    'dpv-cn:LegalBasis',
    'Information made public by the individual or otherwise lawfully',
    '个人自行公开或者其他已经合法公开的个人信息',
    ['PIPL 13(6)', 'PIPL 27'],
  ],
  [
    'OtherByLaw',
    'dpv-cn:LegalBasis',
    'Other circumstances that laws or administrative regulations provide',
    '法律、行政法规规定的其他情形',
    ['PIPL 13(7)'],
  ],
  // Who takes part.
  ['Handler', 'dpv:DataController', 'Personal information handler', '个人信息处理者', ['PIPL 73(1)']],
  ['NetworkServiceProvider', 'dpv-cn:Handler', 'Network service provider', '网络服务提供者', ['Decision 2']],
  ['EntrustedParty', 'dpv:DataProcessor', 'Entrusted party', '受托人', ['PIPL 21', 'PIPL 59']],
  [
    'Recipient',
    'dpv:Recipient',
    'Recipient: another handler to whom information is provided',
    '接收方',
    ['PIPL 22', 'PIPL 23'],
  ],
  ['Individual', 'dpv:DataSubject', 'Individual', '个人', ['PIPL 4']],
  ['MinorUnder14', 'dpv:Child', 'Minor under the age of fourteen', '不满十四周岁的未成年人', ['PIPL 28', 'PIPL 31']],
  ['Guardian', 'dpv:GuardianOfDataSubject', 'Parent or other guardian', '父母或者其他监护人', ['PIPL 31']],
  [
    'ProtectionOfficer',
    'dpv:DataProtectionOfficer',
    'Person in charge of personal information protection',
    '个人信息保护负责人',
    ['PIPL 52'],
  ],
  [
    'DomesticRepresentative',
    'dpv:Representative',
    'Representative in mainland China of a handler abroad',
    '境外处理者的境内专门机构或者指定代表',
    ['PIPL 53'],
  ],
  ['CloseRelative', 'dpv:DataSubject', 'Close relative of a deceased individual', '死者的近亲属', ['PIPL 49']],
  // Authorities.
  [
    'Authority',
    'dpv:DataProtectionAuthority',
    'Departments with duties of personal information protection',
    '履行个人信息保护职责的部门',
    ['PIPL 60', 'Decision 10'],
  ],
  [
    'NationalCyberspaceAuthority',
    'dpv-cn:Authority',
    'National cyberspace department',
    '国家网信部门',
    ['PIPL 60', 'PIPL 62'],
  ],
  [
    'StateCouncilDepartment',
    'dpv-cn:Authority',
    'Competent department of the State Council',
    '国务院有关部门',
    ['PIPL 60'],
  ],
  [
    'LocalDepartment',
    'dpv-cn:Authority',
    'Competent department of a people’s government at county level or above',
    '县级以上地方人民政府有关部门',
    ['PIPL 60'],
  ],
  // Kinds of information.
  [
    'SensitivePersonalInformation',
    'dpv:SensitivePersonalData',
    'Sensitive personal information',
    '敏感个人信息',
    ['PIPL 28'],
  ],
  ['BiometricInformation', 'dpv-cn:SensitivePersonalInformation', 'Biometric identification', '生物识别', ['PIPL 28']],
  ['ReligiousBelief', 'dpv-cn:SensitivePersonalInformation', 'Religious belief', '宗教信仰', ['PIPL 28']],
  ['SpecificIdentity', 'dpv-cn:SensitivePersonalInformation', 'Specific identity', '特定身份', ['PIPL 28']],
  ['MedicalHealth', 'dpv-cn:SensitivePersonalInformation', 'Medical and health information', '医疗健康', ['PIPL 28']],
  ['FinancialAccount', 'dpv-cn:SensitivePersonalInformation', 'Financial accounts', '金融账户', ['PIPL 28']],
  ['Whereabouts', 'dpv-cn:SensitivePersonalInformation', 'Whereabouts and tracks', '行踪轨迹', ['PIPL 28']],
  [
    'InformationOfMinorUnder14',
    'dpv-cn:SensitivePersonalInformation',
    'Personal information of a minor under fourteen',
    '不满十四周岁未成年人的个人信息',
    ['PIPL 28'],
  ],
  [
    'CitizenElectronicInformation',
    'dpv:PersonalData',
    'Electronic information that identifies a citizen or concerns a citizen’s privacy',
    '能够识别公民个人身份和涉及公民个人隐私的电子信息',
    ['Decision 1'],
  ],
  // Rights.
  ['Right', 'dpv:DataSubjectRight', 'Right of the individual', '个人在个人信息处理活动中的权利', ['PIPL 44']],
  [
    'RightToKnowAndDecide',
    'dpv-cn:Right',
    'Right to know, decide, restrict and refuse',
    '知情权、决定权，限制或者拒绝处理',
    ['PIPL 44'],
  ],
  ['RightToWithdraw', 'dpv-cn:Right', 'Right to withdraw consent, as easily as it was given', '撤回同意', ['PIPL 15']],
  [
    'RightNotToBeRefusedService',
    'dpv-cn:Right',
    'No refusal of service for not consenting',
    '不得以不同意为由拒绝提供产品或者服务',
    ['PIPL 16'],
  ],
  [
    'RightAgainstAutomatedDecision',
    'dpv-cn:Right',
    'Explanation and refusal of a decision made only by automation',
    '要求说明并拒绝仅通过自动化决策作出的决定',
    ['PIPL 24'],
  ],
  ['RightToAccessAndCopy', 'dpv-cn:Right', 'Right to consult and copy', '查阅、复制', ['PIPL 45']],
  [
    'RightToTransfer',
    'dpv-cn:Right',
    'Right to have information transferred to another handler',
    '个人信息转移',
    ['PIPL 45', 'NDR 25'],
  ],
  ['RightToCorrect', 'dpv-cn:Right', 'Right to correction and completion', '更正、补充', ['PIPL 46']],
  ['RightToDelete', 'dpv-cn:Right', 'Right to deletion', '删除', ['PIPL 47', 'Decision 8']],
  [
    'RightToExplanation',
    'dpv-cn:Right',
    'Right to have the handling rules explained',
    '要求对处理规则进行解释说明',
    ['PIPL 48'],
  ],
  [
    'RightsOfTheDeceased',
    'dpv-cn:Right',
    'Rights that close relatives exercise for the deceased',
    '近亲属对死者个人信息行使的权利',
    ['PIPL 49'],
  ],
  [
    'RightToSue',
    'dpv-cn:Right',
    'Right to reasons for a refusal, and to sue',
    '拒绝请求应说明理由，可依法起诉',
    ['PIPL 50'],
  ],
  ['RightToReport', 'dpv-cn:Right', 'Right to complain and to report', '投诉、举报', ['PIPL 65', 'Decision 9']],
  // Duties and measures.
  [
    'PublishedRules',
    'dpv:PrivacyNotice',
    'Published rules of collection and use',
    '公开收集、使用规则',
    ['Decision 2', 'PIPL 17', 'NDR 21'],
  ],
  [
    'RulesForMinors',
    'dpv-cn:PublishedRules',
    'Rules of their own for minors under fourteen',
    '不满十四周岁未成年人专门处理规则',
    ['PIPL 31'],
  ],
  [
    'NoRepeatedAsking',
    'dpv:OrganisationalMeasure',
    'No repeated asking after a refusal',
    '拒绝同意后不得频繁征求同意',
    ['NDR 22'],
  ],
  [
    'ImpactAssessment',
    'dpv:ImpactAssessment',
    'Personal information protection impact assessment',
    '个人信息保护影响评估',
    ['PIPL 55', 'PIPL 56'],
  ],
  ['ComplianceAudit', 'dpv:OrganisationalMeasure', 'Regular compliance audit', '合规审计', ['PIPL 54']],
  [
    'BreachNotice',
    'dpv:OrganisationalMeasure',
    'Remedy and notice of a leak, tampering or loss',
    '泄露、篡改、丢失的补救与通知',
    ['PIPL 57', 'Decision 4'],
  ],
  [
    'ConfidentialityDuty',
    'dpv:OrganisationalMeasure',
    'Strict confidentiality: no leak, tampering, damage, sale or unlawful provision',
    '严格保密，不得泄露、篡改、毁损，不得出售或者非法向他人提供',
    ['Decision 3'],
  ],
  [
    'CommercialMessageConsent',
    'dpv-cn:Consent',
    'Consent or request before commercial electronic messages',
    '发送商业性电子信息须经同意或者请求',
    ['Decision 7'],
  ],
  [
    'RealIdentity',
    'dpv:OrganisationalMeasure',
    'True identity on entry to a network or publishing service',
    '办理入网或者信息发布服务时提供真实身份信息',
    ['Decision 6'],
  ],
  // Across the border.
  [
    'CrossBorderProvision',
    'dpv:CrossBorderTransfer',
    'Providing personal information outside the country',
    '向境外提供个人信息',
    ['PIPL 38', 'PIPL 39'],
  ],
  [
    'SecurityAssessment',
    'dpv:OrganisationalMeasure',
    'Security assessment by the national cyberspace department',
    '国家网信部门组织的安全评估',
    ['PIPL 38(1)', 'PIPL 40'],
  ],
  [
    'Certification',
    'dpv:OrganisationalMeasure',
    'Certification by a specialised body',
    '专业机构进行的个人信息保护认证',
    ['PIPL 38(2)'],
  ],
  [
    'StandardContract',
    'dpv:OrganisationalMeasure',
    'Standard contract with the recipient abroad',
    '与境外接收方订立的标准合同',
    ['PIPL 38(3)'],
  ],
]

export const dpvContext = {
  dpv: 'https://w3id.org/dpv#',
  pd: 'https://w3id.org/dpv/pd#',
  'dpv-cn': dpvCnNamespace,
  skos: 'http://www.w3.org/2004/02/skos/core#',
  dct: 'http://purl.org/dc/terms/',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
} as const

const inBoth = ({ en, zh }: { readonly en: string; readonly zh: string }) => [
  { '@language': 'en', '@value': en },
  { '@language': 'zh-Hans', '@value': zh },
]
const schemeTitle = {
  en: 'DPV extension for the law of mainland China',
  zh: '数据隐私词表（DPV）中国大陆法律扩展',
}
const articleOf = (source: string) => {
  const [law, article = ''] = source.split(' ') as [Law, string]
  return { en: `${law}, article ${article}`, zh: `${laws[law].zh}第${article}条` }
}

/** The vocabulary as JSON-LD. */
export function dpvCn() {
  return {
    '@context': dpvContext,
    '@graph': [
      { '@id': 'urn:bailee:dpv-cn', '@type': 'skos:ConceptScheme', 'dct:title': inBoth(schemeTitle) },
      ...Object.entries(laws).map(([id, title]) => ({
        '@id': `dpv-cn:${id}`,
        '@type': 'dpv:Law',
        'dct:title': inBoth(title),
      })),
      ...terms.map(([id, broader, en, zh, sources]) => ({
        '@id': `dpv-cn:${id}`,
        '@type': 'skos:Concept',
        'skos:inScheme': { '@id': 'urn:bailee:dpv-cn' },
        'skos:prefLabel': inBoth({ en, zh }),
        'skos:broader': { '@id': broader },
        'dct:source': [...new Set(sources.map((source) => source.split(' ')[0]))].map((law) => ({
          '@id': `dpv-cn:${law}`,
        })),
        'dct:bibliographicCitation': sources.flatMap((source) => inBoth(articleOf(source))),
      })),
    ],
  }
}

/** The same as Turtle. */
export function dpvCnTurtle(): string {
  const text = (value: string, language: string) => `${JSON.stringify(value)}@${language}`
  const both = ({ en, zh }: { readonly en: string; readonly zh: string }) => `${text(en, 'en')}, ${text(zh, 'zh-Hans')}`
  const prefixes = Object.entries(dpvContext).map(([name, iri]) => `@prefix ${name}: <${iri}> .`)
  const scheme = `<urn:bailee:dpv-cn> a skos:ConceptScheme ;\n  dct:title ${both(schemeTitle)} .`
  const sources = Object.entries(laws).map(([id, title]) => `dpv-cn:${id} a dpv:Law ;\n  dct:title ${both(title)} .`)
  const concepts = terms.map(([id, broader, en, zh, cited]) =>
    [
      `dpv-cn:${id} a skos:Concept`,
      'skos:inScheme <urn:bailee:dpv-cn>',
      `skos:prefLabel ${both({ en, zh })}`,
      `skos:broader ${broader}`,
      `dct:source ${[...new Set(cited.map((source) => `dpv-cn:${source.split(' ')[0]}`))].join(', ')}`,
      `dct:bibliographicCitation ${cited.map((source) => both(articleOf(source))).join(', ')}`,
    ].join(' ;\n  '),
  )
  return `${[prefixes.join('\n'), scheme, ...sources, ...concepts.map((concept) => `${concept} .`)].join('\n\n')}\n`
}
/** Files of docs/dpv-cn/. `node server/domains/notices/dpv-cn.ts` writes them; a test keeps them equal. */
export const dpvCnFiles = (): Readonly<Record<string, string>> => ({
  'dpv-cn.jsonld': `${JSON.stringify(dpvCn(), null, 2)}\n`,
  'dpv-cn.ttl': dpvCnTurtle(),
})
export const dpvCnFolder = join(import.meta.dirname, '../../../docs/dpv-cn')

if (import.meta.main) {
  mkdirSync(dpvCnFolder, { recursive: true })
  for (const [name, content] of Object.entries(dpvCnFiles())) writeFileSync(join(dpvCnFolder, name), content)
}
