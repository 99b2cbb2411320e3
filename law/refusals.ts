import type { Bilingual, DemandKind, Regime } from './model.ts'

/** A ground on which a demand may lawfully be refused. A closed list: what is not here is no reason. PIPL 50; GDPR 12(4). */
export interface RefusalReason {
  readonly id: string
  readonly title: Bilingual
  readonly demands: readonly DemandKind[]
  readonly law: Readonly<Partial<Record<Regime, string>>>
}
const every: readonly DemandKind[] = ['see', 'copy', 'correct', 'delete', 'stop', 'explain']

export const refusalReasons: readonly RefusalReason[] = [
  {
    id: 'identity-unproven',
    title: { en: 'It could not be established that the person is who they say', zh: '无法核实请求人身份' },
    demands: every,
    law: { cn: 'GB/T 35273-2020, 8.7 a)', eu: 'GDPR 11(2), 12(2), 12(6)' },
  },
  {
    id: 'nothing-held',
    title: { en: 'No such information about the person is held', zh: '未持有该请求所涉及的信息' },
    demands: ['see', 'copy', 'correct', 'delete', 'stop'],
    law: { cn: 'PIPL 44-47', eu: 'GDPR 15(1)' },
  },
  {
    id: 'secrecy-required',
    title: { en: 'A law or regulation requires secrecy', zh: '法律、行政法规规定应当保密' },
    demands: ['see', 'copy', 'explain'],
    law: { cn: 'PIPL 18(1), 45(1)', eu: 'GDPR 23' },
  },
  {
    id: 'would-impede-duty',
    title: { en: 'Telling would impede a state organ’s statutory duty', zh: '告知将妨碍国家机关履行法定职责' },
    demands: ['see', 'copy', 'explain'],
    law: { cn: 'PIPL 35, 45(1)', eu: 'GDPR 23' },
  },
  {
    id: 'legal-duty-to-keep',
    title: {
      en: 'A law or regulation requires that it be kept until a stated day',
      zh: '法律、行政法规规定的保存期限未届满',
    },
    demands: ['delete', 'stop'],
    law: { cn: 'PIPL 47(2)', eu: 'GDPR 17(3)(b)' },
  },
  {
    id: 'technically-impossible',
    title: {
      en: 'Deletion is technically hard to achieve; nothing but storing and protecting it is done',
      zh: '删除从技术上难以实现，已停止除存储和安全保护之外的处理',
    },
    demands: ['delete'],
    law: { cn: 'PIPL 47(2)' },
  },
  {
    id: 'other-legal-basis',
    title: { en: 'The use does not rest on consent and must go on', zh: '处理不以同意为依据且仍属必要' },
    demands: ['delete', 'stop'],
    law: { cn: 'PIPL 13(1)(2)-(7)', eu: 'GDPR 17(1), 21(1)' },
  },
  {
    id: 'already-accurate',
    title: { en: 'It was checked and is accurate and complete', zh: '经核实，信息准确、完整' },
    demands: ['correct'],
    law: { cn: 'PIPL 46(2)', eu: 'GDPR 16' },
  },
  {
    id: 'legal-claims',
    title: { en: 'It is needed for a legal claim', zh: '为提起、行使或抗辩法律请求所必需' },
    demands: ['delete', 'stop'],
    law: { cn: 'GB/T 35273-2020, 8.7 e)', eu: 'GDPR 17(3)(e), 18(2), 21(1)' },
  },
  {
    id: 'rights-of-others',
    title: { en: 'It would seriously harm the rights of others', zh: '将严重损害他人合法权益' },
    demands: ['see', 'copy', 'delete'],
    law: { cn: 'GB/T 35273-2020, 8.7 e)', eu: 'GDPR 15(4), 17(3)(a)' },
  },
  {
    id: 'manifestly-unfounded',
    title: { en: 'The demand is abusive or manifestly unfounded', zh: '请求明显无据或属滥用权利' },
    demands: every,
    law: { cn: 'GB/T 35273-2020, 8.7 e)', eu: 'GDPR 12(5)(b)' },
  },
]
export const refusalReasonOf = (id: string): RefusalReason | undefined =>
  refusalReasons.find((reason) => reason.id === id)
