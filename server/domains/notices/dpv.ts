import { instant, toWire } from '#kernel'
import { dpvContext } from './dpv-cn.ts'
import type { NoticeContent, PublishedNotice } from './model.ts'

const bases: Readonly<Record<NoticeContent['purposes'][number]['basis'], readonly string[]>> = {
  consent: ['dpv:Consent', 'dpv-cn:Consent'],
  'separate-consent': ['dpv:ExplicitlyExpressedConsent', 'dpv-cn:SeparateConsent'],
  contract: ['dpv:Contract', 'dpv-cn:ContractNecessity'],
  'legal-duty': ['dpv:LegalObligation', 'dpv-cn:StatutoryDuty'],
  'vital-interest': ['dpv:VitalInterest', 'dpv-cn:EmergencyProtection'],
  'public-task': ['dpv:PublicInterest', 'dpv-cn:StateOrganDuty'],
}
const inBoth = ({ en, zh }: { readonly en: string; readonly zh: string }) => [
  { '@language': 'en', '@value': en },
  { '@language': 'zh-Hans', '@value': zh },
]
const days = (count: number) => ({ '@type': 'xsd:duration', '@value': `P${count}D` })

/**
 * A notice in W3C DPV: one process a purpose. Made from the version's content alone, whose hash stands in the public
 * ledger and here (`dct:identifier`), so that anybody can check that this says what was published.
 */
export function dpvOf({ id, tenant, version, hash, publishedAt, content }: PublishedNotice) {
  const name = `urn:bailee:${toWire('ntc', id)}:${version}`
  const outside = (each: {
    readonly name: { en: string; zh: string }
    readonly slug?: string
    readonly country?: string
    readonly contract?: string
  }) => ({
    ...(each.slug === undefined ? {} : { '@id': `${name}#recipient-${each.slug}` }),
    'dct:title': inBoth(each.name),
    ...(each.country === undefined ? {} : { 'dpv:hasCountry': each.country }),
    ...(each.contract === undefined ? {} : { 'dct:references': each.contract }),
  })
  return {
    '@context': dpvContext,
    '@id': name,
    '@type': ['dpv:PrivacyNotice', 'dpv-cn:PublishedRules'],
    'dct:title': inBoth(content.title),
    'dct:identifier': `sha256:${hash.toString('hex')}`,
    'dct:issued': { '@type': 'xsd:dateTime', '@value': instant(publishedAt) },
    'dct:hasVersion': String(version),
    'dpv:hasDataController': {
      '@id': `urn:bailee:${toWire('org', tenant)}`,
      'dpv:hasContact': inBoth(content.contact),
    },
    ...(content.manner ? { 'dct:description': inBoth(content.manner) } : {}),
    ...(content.crossBorder
      ? {
          'dpv:hasProcessing': {
            '@type': ['dpv:CrossBorderTransfer', 'dpv-cn:CrossBorderProvision'],
            'dpv:hasCountry': content.crossBorder.countries,
            'dpv:hasTechnicalOrganisationalMeasure': { 'dct:description': inBoth(content.crossBorder.safeguards) },
          },
        }
      : {}),
    ...(content.minors
      ? {
          'dpv:hasDataSubject': {
            '@type': ['dpv:Child', ...(content.minors.guardianBelow === 14 ? ['dpv-cn:MinorUnder14'] : [])],
            'dct:description': inBoth(content.minors.rule),
            'dpv-cn:guardianBelow': content.minors.guardianBelow,
          },
        }
      : {}),
    'dpv:hasProcess': content.purposes.map((purpose) => ({
      '@id': `${name}#${purpose.id}`,
      '@type': 'dpv:Process',
      'dpv:hasPurpose': {
        '@id': `${name}#purpose-${purpose.id}`,
        '@type': 'dpv:Purpose',
        'dct:title': inBoth(purpose.title),
      },
      'dpv:hasLegalBasis': bases[purpose.basis].map((basis) => ({ '@id': basis })),
      'dpv:hasStorageCondition': { '@type': 'dpv:StorageDuration', 'dpv:hasDuration': days(purpose.retentionDays) },
      ...(purpose.consentDays === undefined ? {} : { 'dpv-cn:consentDuration': days(purpose.consentDays) }),
      ...(purpose.automatedDecision
        ? {
            'dpv:hasContext': {
              '@type': 'dpv:AutomatedDecisionMaking',
              'dct:description': inBoth(purpose.automatedDecision),
            },
          }
        : {}),
      'dpv:hasPersonalData': content.categories
        .filter((category) => category.purposes.includes(purpose.id))
        .map((category) => ({
          '@id': `${name}#category-${category.id}`,
          '@type': [
            category.term,
            ...(category.sensitive ? ['dpv:SensitivePersonalData', 'dpv-cn:SensitivePersonalInformation'] : []),
          ],
          'dct:title': inBoth(category.title),
          'dct:hasPart': category.fields.map((field) => ({
            'dct:identifier': field.name,
            'dct:title': inBoth(field.title),
          })),
        })),
      'dpv:hasRecipient': content.recipients.filter((each) => each.purpose === purpose.id).map(outside),
      'dpv:hasDataProcessor': (content.processors ?? []).filter((each) => each.purpose === purpose.id).map(outside),
    })),
  }
}
