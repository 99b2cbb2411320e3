import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { call, type Reply } from '../api.ts'
import { type Language, useSpeech } from '../i18n/index.tsx'

type Notice = Reply<'getNotice'>

/** Titles that notices give to purposes, categories and fields. Where no notice speaks, the name itself is shown. */
export interface NoticeWords {
  purpose(id: string): string
  category(id: string): string
  field(name: string): string
  /** The fields of a category, by name. */
  fieldsOf(category: string): readonly string[]
  isSensitive(category: string): boolean
}

export function noticeWords(notices: readonly Notice[], language: Language): NoticeWords {
  const purposes = new Map<string, string>()
  const categories = new Map<string, string>()
  const fields = new Map<string, string>()
  const sensitive = new Set<string>()
  const inside = new Map<string, Set<string>>()
  for (const { content } of notices) {
    for (const { id, title } of content.purposes) purposes.set(id, title[language])
    for (const category of content.categories) {
      categories.set(category.id, category.title[language])
      if (category.sensitive) sensitive.add(category.id)
      const names = inside.get(category.id) ?? new Set()
      inside.set(category.id, names)
      for (const { name, title } of category.fields) {
        fields.set(name, title[language])
        names.add(name)
      }
    }
  }
  return {
    purpose: (id) => purposes.get(id) ?? id,
    category: (id) => categories.get(id) ?? id,
    field: (name) => fields.get(name) ?? name,
    fieldsOf: (category) => [...(inside.get(category) ?? [])],
    isSensitive: (category) => sensitive.has(category),
  }
}

/** All pages of a provider’s live notices; there are few. */
export async function fetchNotices(provider?: string): Promise<Notice[]> {
  const notices: Notice[] = []
  let cursor: string | undefined
  do {
    const page = await call('listNotices', {
      query: { ...(provider === undefined ? {} : { provider }), ...(cursor === undefined ? {} : { cursor }) },
    })
    notices.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor !== undefined && notices.length < 500)
  return notices
}

export const useNotices = (provider?: string) =>
  useQuery({ queryKey: ['notices', provider ?? 'all'], queryFn: () => fetchNotices(provider) })

export function useNoticeWords(provider: string | undefined): NoticeWords {
  const { language } = useSpeech()
  const { data } = useNotices(provider)
  return useMemo(() => noticeWords(data ?? [], language), [data, language])
}
