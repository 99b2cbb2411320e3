import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { base64Decode, canonicalJsonBytes, concat, type Json, utf8Encode, verifyEd25519 } from '@bailee/proof'
import { newId, Refusal } from '#kernel'
import type { Signer } from '#platform'
import type { Consent, NoticeContent, PublishedNotice } from './model.ts'
import { consentReceipt } from './receipts.ts'
import { createSnapshots } from './snapshots.ts'

function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    name: 'test',
    algorithm: 'ed25519',
    publicKey: Buffer.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
    sign: (message) => sign(null, message, privateKey),
  }
}
const words = (en: string, zh: string) => ({ en, zh })
const content: NoticeContent = {
  slug: 'orders',
  title: words('Orders', '订单'),
  contact: words('the desk', '专员'),
  recipients: [{ name: words('Courier', '快递'), purpose: 'delivery' }],
  purposes: [
    { id: 'delivery', title: words('Delivery', '配送'), basis: 'consent', retentionDays: 30 },
    { id: 'support', title: words('Support', '客服'), basis: 'consent', retentionDays: 90 },
  ],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: words('Contact', '联系'),
      sensitive: false,
      purposes: ['delivery', 'support'],
      fields: [{ name: 'name', title: words('Name', '姓名') }],
    },
  ],
}
const notice: PublishedNotice = {
  id: newId(),
  tenant: newId(),
  version: 2,
  live: true,
  hash: Buffer.alloc(32, 7),
  publishedAt: new Date(0),
  content,
}
const consent: Consent = {
  id: newId(),
  tenant: notice.tenant,
  subject: newId(),
  notice: notice.id,
  version: 2,
  language: 'zh',
  purposes: ['delivery'],
  snapshotHash: Buffer.alloc(32, 9),
  at: new Date('2026-11-23T01:00:00.000Z'),
}

test('article 2: a consent receipt says what was agreed to, in the language that was shown, and nothing else', () => {
  const { document } = consentReceipt(consent, notice, newSigner())
  assert.equal(document.purposes.length, 1)
  const [delivery] = document.purposes
  assert.deepEqual(
    [delivery?.title, delivery?.recipients, delivery?.['retention-days'], document.rights],
    ['配送', ['快递'], 30, '专员'],
  )
  assert.deepEqual([document.notice.version, document.notice.language], [2, 'zh'])
})
test('a consent receipt is checked without this server, by its key alone', () => {
  const signer = newSigner()
  const { document, signature, key } = consentReceipt(consent, notice, signer)
  const holds = (changed: unknown) =>
    verifyEd25519(
      base64Decode(key),
      concat(utf8Encode('bailee/consent-receipt/v1\n'), canonicalJsonBytes(changed as Json)),
      base64Decode(signature),
    )
  // As it comes over the wire: the order of members does not matter.
  const reversed = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(document))).reverse())
  assert.equal(holds(reversed), true)
  assert.equal(holds({ ...reversed, purposes: [] }), false)
})
test('a snapshot is read back as it was signed, and no other text is taken for one', () => {
  const snapshots = createSnapshots(newSigner())
  const shown = {
    notice: notice.id,
    version: 2,
    hash: 'ab',
    language: 'en' as const,
    shownAt: '2026-11-23T01:00:00.000Z',
    expiresAt: '2026-11-23T02:00:00.000Z',
  }
  const token = snapshots.sign(shown)
  assert.deepEqual(snapshots.read(token).shown, shown)
  assert.deepEqual(snapshots.read(token), snapshots.read(token))
  const altered = (error: unknown) => error instanceof Refusal && error.code === 'snapshot_altered'
  const [body = '', signature = ''] = token.split('.')
  for (const other of [
    '',
    '.',
    body,
    `${body}.`,
    `.${signature}`,
    `${body}.${signature}.`.slice(0, -2),
    `${body}=.${signature}`,
    `${signature}.${body}`,
    createSnapshots(newSigner()).sign(shown),
  ])
    assert.throws(() => snapshots.read(other), altered, other)
})
