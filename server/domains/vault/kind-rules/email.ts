import { firstLetter, type Kind } from './kind.ts'

/** The part before the last @ as it is, the domain in lower-case ASCII (punycode). RFC 5321, 5890. */
export function foldEmail(value: string): { readonly local: string; readonly domain: string } | undefined {
  const text = value.trim()
  const at = text.lastIndexOf('@')
  if (at < 1 || text.length > 1000) return undefined
  const local = text.slice(0, at).normalize('NFC')
  if (Buffer.byteLength(local) > 64 || /[\s\p{Cc}\p{Cf}@<>,;:"\\[\]()]/u.test(local)) return undefined
  const given = text.slice(at + 1)
  // The URL host parser would read these as something else than a domain.
  if (/[\s%/?#:@[\]\\]/.test(given)) return undefined
  // The host parser of the URL standard folds international names (UTS 46), in every runtime alike.
  const domain = URL.parse(`http://${given}/`)?.hostname ?? ''
  if (domain.length === 0 || domain.length > 253) return undefined
  const labels = domain.split('.')
  if (labels.length < 2 || /^[0-9]+$/.test(labels.at(-1)!)) return undefined
  for (const label of labels)
    if (label.length < 1 || label.length > 63 || !/^[a-z0-9-]+$/.test(label) || label[0] === '-' || label.endsWith('-'))
      return undefined
  return { local, domain }
}

export const email: Kind = {
  broken: (value) => (foldEmail(value) === undefined ? 'must be an e-mail address: name@domain' : undefined),
  normaliser: 2,
  normalise(value) {
    const folded = foldEmail(value)
    return folded ? `${folded.local}@${folded.domain}` : value.trim().normalize('NFC')
  },
  forms: {
    domain: (value) => foldEmail(value)?.domain,
    masked: (value) => {
      const folded = foldEmail(value)
      return folded && `${firstLetter(folded.local)}***@${folded.domain}`
    },
  },
}
