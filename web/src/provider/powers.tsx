import type { Ability } from '@bailee/contract'
import { useMemo } from 'react'
import { useSpeech } from '../i18n/index.tsx'
import { Choices } from '../ui/fields.tsx'
import { useNotices } from '../ui/notice-words.ts'

export interface Powers {
  readonly abilities: readonly Ability[]
  readonly purposes: readonly string[]
}
export const noPowers: Powers = { abilities: [], purposes: [] }

/** What a key or a colleague may do, and for which of the purposes that live notices state. */
export function PowersFields(props: {
  provider: string
  abilitiesLabel: string
  purposesLabel: string
  value: Powers
  onChange: (value: Powers) => void
}) {
  const { t, language } = useSpeech()
  const notices = useNotices(props.provider)
  const purposes = useMemo(
    () => [
      ...new Map(
        (notices.data ?? []).flatMap(({ content }) =>
          content.purposes.map(({ id, title }) => [id, { id, title: title[language] }] as const),
        ),
      ).values(),
    ],
    [notices.data, language],
  )
  const abilities = Object.entries(t.provider.abilities).map(([id, title]) => ({ id, title }))
  const isAbility = (id: string): id is Ability => Object.hasOwn(t.provider.abilities, id)
  return (
    <>
      <Choices
        label={props.abilitiesLabel}
        options={abilities}
        value={props.value.abilities}
        onChange={(chosen) => props.onChange({ ...props.value, abilities: chosen.filter(isAbility) })}
      />
      {purposes.length === 0 ? (
        <p className="small soft">{t.provider.clients.noPurposes}</p>
      ) : (
        <Choices
          label={props.purposesLabel}
          options={purposes}
          value={props.value.purposes}
          onChange={(chosen) => props.onChange({ ...props.value, purposes: chosen })}
        />
      )}
    </>
  )
}
