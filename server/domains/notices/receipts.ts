import { canonicalJson } from '@bailee/proof'
import { instant, toWire } from '#kernel'
import type { Signer } from '#platform'
import { type Consent, type PublishedNotice, purposesOf } from './model.ts'
import { untilOf } from './rules.ts'

/**
 * Consent receipt after ISO/IEC TS 27560, terms of W3C DPV: what was agreed to, when, in which language, under which
 * notice. Signed with Ed25519 over "bailee/consent-receipt/v1\n" and the RFC 8785 form of the document, so that the
 * person can check it without us.
 */
export function consentReceipt(consent: Consent, notice: PublishedNotice, signer: Signer) {
  const { content } = notice
  const touched = purposesOf(consent)
  const agreed = content.purposes.filter((purpose) => touched.includes(purpose.id))
  const own = content.recipients.filter((each) => each.slug !== undefined && consent.recipients?.includes(each.slug))
  const document = {
    '@context': 'https://w3id.org/dpv/2.3',
    'schema-version': 'ISO/IEC TS 27560:2023',
    'receipt-id': toWire('cns', consent.id),
    'record-id': toWire('cns', consent.id),
    'pii-principal-id': toWire('per', consent.subject),
    'pii-controller-id': toWire('org', consent.tenant),
    notice: {
      id: toWire('ntc', notice.id),
      version: notice.version,
      'sha-256': notice.hash.toString('hex'),
      language: consent.language,
      'shown-sha-256': consent.snapshotHash.toString('hex'),
    },
    purposes: agreed.map((purpose) => ({
      purpose: purpose.id,
      title: purpose.title[consent.language],
      'lawful-basis': purpose.basis,
      ...(consent.separately?.includes(purpose.id) ? { 'consent-type': 'separate' } : {}),
      'retention-days': purpose.retentionDays,
      'valid-until': instant(
        untilOf(
          consent.at,
          Math.min(purpose.retentionDays, purpose.consentDays ?? purpose.retentionDays),
          consent.guardian?.handOver,
        ),
      ),
      ...(purpose.automatedDecision ? { 'automated-decision': purpose.automatedDecision[consent.language] } : {}),
      'pii-categories': content.categories
        .filter((category) => category.purposes.includes(purpose.id))
        .map((category) => ({ category: category.id, term: category.term, sensitive: category.sensitive })),
      recipients: content.recipients
        .filter((recipient) => recipient.purpose === purpose.id)
        .map((recipient) => recipient.name[consent.language]),
    })),
    ...(own.length > 0
      ? {
          'separate-recipients': own.map((recipient) => ({
            recipient: recipient.slug!,
            name: recipient.name[consent.language],
            purpose: recipient.purpose,
            ...(recipient.country === undefined ? {} : { country: recipient.country }),
            ...(recipient.contract === undefined ? {} : { contract: recipient.contract }),
          })),
        }
      : {}),
    ...(content.crossBorder ? { 'cross-border': content.crossBorder.countries } : {}),
    ...(consent.guardian
      ? {
          guardian: {
            id: toWire('per', consent.guardian.person),
            relation: consent.guardian.relation,
            'hand-over': instant(consent.guardian.handOver),
          },
        }
      : {}),
    ...(consent.asGuardian ? { 'acts-as': 'guardian' } : {}),
    event: {
      type: 'explicit',
      state: consent.renewal ? 'renewed' : 'given',
      'event-time': instant(consent.at),
      by: consent.guardian ? 'guardian' : 'pii-principal',
    },
    rights: content.contact[consent.language],
  }
  const message = Buffer.concat([Buffer.from('bailee/consent-receipt/v1\n'), Buffer.from(canonicalJson(document))])
  return { document, signature: signer.sign(message).toString('base64'), key: signer.publicKey.toString('base64') }
}
