import type { notices } from '@bailee/contract'
import type { NoticeContent } from './model.ts'

type Section = notices.NoticeSection
type Line = Section['lines'][number]

const basisWords: Readonly<Record<NoticeContent['purposes'][number]['basis'], Line>> = {
  consent: { en: 'only if you agree', zh: '仅在您同意时' },
  'separate-consent': { en: 'only if you agree to this by itself', zh: '仅在您就此单独同意时' },
  contract: { en: 'because your contract with us needs it', zh: '为订立或履行与您的合同所必需' },
  'legal-duty': { en: 'because a law obliges us', zh: '为履行法定职责或法定义务所必需' },
  'vital-interest': {
    en: 'to protect life, health or property in an emergency',
    zh: '为紧急情况下保护生命健康和财产安全所必需',
  },
  'public-task': { en: 'for a task in the public interest', zh: '为公共利益的任务所必需' },
}

/** The notice as sentences under headings: what a person is shown before they choose. Same facts, same order, both languages. */
export function inWords(content: NoticeContent): Section[] {
  const section = (en: string, zh: string, lines: readonly Line[]): Section[] =>
    lines.length === 0 ? [] : [{ heading: { en, zh }, lines: [...lines] }]
  const titles = new Map(content.purposes.map((purpose) => [purpose.id, purpose.title]))
  const titleOf = (purpose: string): Line => titles.get(purpose) ?? { en: purpose, zh: purpose }
  const { minors, crossBorder, manner } = content
  return [
    ...content.purposes.flatMap((purpose) => {
      const uses = content.categories.filter((category) => category.purposes.includes(purpose.id))
      const lines: Line[] = uses.map((category) => ({
        en: `${category.title.en}: ${category.fields.map((field) => field.title.en).join(', ')}${category.sensitive ? ' (sensitive)' : ''}`,
        zh: `${category.title.zh}：${category.fields.map((field) => field.title.zh).join('、')}${category.sensitive ? '（敏感个人信息）' : ''}`,
      }))
      const words = basisWords[purpose.basis]
      lines.push({ en: `We use this ${words.en}.`, zh: `${words.zh}使用。` })
      lines.push({ en: `Kept for ${purpose.retentionDays} days.`, zh: `保存 ${purpose.retentionDays} 天。` })
      if (purpose.consentDays !== undefined)
        lines.push({
          en: `Your agreement ends by itself after ${purpose.consentDays} days.`,
          zh: `您的同意在 ${purpose.consentDays} 天后自动失效。`,
        })
      if (purpose.automatedDecision)
        lines.push({
          en: `A machine decides: ${purpose.automatedDecision.en}`,
          zh: `自动化决策：${purpose.automatedDecision.zh}`,
        })
      return section(purpose.title.en, purpose.title.zh, lines)
    }),
    ...section(
      'Who receives it',
      '接收方',
      content.recipients.map((recipient) => ({
        en: `${recipient.name.en}, for ${titleOf(recipient.purpose).en}${recipient.country ? ` (${recipient.country})` : ''}${recipient.slug ? '; you agree to this recipient by itself' : ''}`,
        zh: `${recipient.name.zh}，用于${titleOf(recipient.purpose).zh}${recipient.country ? `（${recipient.country}）` : ''}${recipient.slug ? '；您就该接收方单独同意' : ''}`,
      })),
    ),
    ...section(
      'Who works on it for us',
      '受托处理方',
      (content.processors ?? []).map((processor) => ({
        en: `${processor.name.en}, for ${titleOf(processor.purpose).en}${processor.country ? ` (${processor.country})` : ''}`,
        zh: `${processor.name.zh}，用于${titleOf(processor.purpose).zh}${processor.country ? `（${processor.country}）` : ''}`,
      })),
    ),
    ...(manner ? section('How it is done', '处理方式', [manner]) : []),
    ...(crossBorder
      ? section('Outside mainland China', '向境外提供', [
          {
            en: `It goes to: ${crossBorder.countries.join(', ')}.`,
            zh: `出境目的地：${crossBorder.countries.join('、')}。`,
          },
          crossBorder.safeguards,
        ])
      : []),
    ...(minors
      ? section('Minors', '未成年人', [
          ...(minors.guardianBelow > 0
            ? [
                {
                  en: `Below the age of ${minors.guardianBelow} a guardian agrees.`,
                  zh: `不满 ${minors.guardianBelow} 周岁的，由监护人同意。`,
                },
              ]
            : []),
          minors.rule,
        ])
      : []),
    ...section('Whom to turn to', '联系方式', [content.contact]),
  ]
}
