import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { I18nProvider } from 'react-aria-components/I18nProvider'
import { recall, remember } from '../memory.ts'
import { type Dictionary, type Language, languages } from './dictionary.ts'

export type { Dictionary, Language } from './dictionary.ts'

interface Speech {
  readonly language: Language
  readonly t: Dictionary
  speak(language: Language): Promise<void>
}
const SpeechContext = createContext<Speech | undefined>(undefined)

/** Only the language that is read is fetched. */
export const loadDictionary = async (language: Language): Promise<Dictionary> =>
  language === 'zh' ? (await import('./zh.ts')).zh : (await import('./en.ts')).en

/** What was chosen here before, else the first of the browser's languages that we speak. */
export function preferredLanguage(): Language {
  const chosen = languages.find((language) => language === recall('language'))
  if (chosen) return chosen
  for (const wanted of navigator.languages) {
    const spoken = languages.find((language) => wanted.toLowerCase().startsWith(language))
    if (spoken) return spoken
  }
  return 'en'
}

/** BCP 47, for the page and for dates and lists. */
export const localeOf = (language: Language): string => (language === 'zh' ? 'zh-CN' : 'en')

export function SpeechProvider(props: { language: Language; dictionary: Dictionary; children: ReactNode }) {
  const [speech, setSpeech] = useState({ language: props.language, t: props.dictionary })
  useEffect(() => {
    document.documentElement.lang = localeOf(speech.language)
  }, [speech.language])
  const value = useMemo<Speech>(
    () => ({
      ...speech,
      speak: async (language) => {
        const t = await loadDictionary(language)
        remember('language', language)
        setSpeech({ language, t })
      },
    }),
    [speech],
  )
  return (
    <I18nProvider locale={localeOf(speech.language)}>
      <SpeechContext.Provider value={value}>{props.children}</SpeechContext.Provider>
    </I18nProvider>
  )
}

export function useSpeech(): Speech {
  const speech = useContext(SpeechContext)
  if (!speech) throw new Error('outside of SpeechProvider')
  return speech
}
