import { useEffect, useRef } from 'react'
import type { Answer, BaileeConsent, Offer } from '../../embed/consent.ts'
import '../../embed/consent.ts'
import { useSpeech } from '../i18n/index.tsx'

/** The consent component that providers put into their pages, for our own: what is seen here is what people see there. */
export function OfferView({ offer, answered }: { offer: Offer; answered?: (answer: Answer) => void }) {
  const { language } = useSpeech()
  const place = useRef<HTMLDivElement>(null)
  const shown = useRef<BaileeConsent>(undefined)
  const hear = useRef(answered)
  hear.current = answered
  useEffect(() => {
    const element = document.createElement('bailee-consent')
    const { colours } = document.documentElement.dataset
    if (colours) element.setAttribute('colours', colours)
    const listen = (event: CustomEvent<Answer>) => hear.current?.(event.detail)
    element.addEventListener('bailee-consent', listen)
    element.addEventListener('bailee-refusal', listen)
    shown.current = element
    place.current?.append(element)
    return () => element.remove()
  }, [])
  useEffect(() => {
    shown.current?.setAttribute('language', language)
  }, [language])
  useEffect(() => {
    if (shown.current) shown.current.offer = offer
  }, [offer])
  return <div ref={place} />
}
