import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dpvCn, dpvCnFiles, dpvCnFolder } from './dpv-cn.ts'

test('the published vocabulary is what the server serves; `node server/domains/notices/dpv-cn.ts` writes it', () => {
  for (const [name, content] of Object.entries(dpvCnFiles()))
    assert.equal(readFileSync(join(dpvCnFolder, name), 'utf8'), content, name)
})
test('every concept has a name of its own, labels in both languages, a broader concept and an article', () => {
  const nodes = dpvCn()['@graph'] as { [name: string]: unknown; '@id': string }[]
  const ids = nodes.map((node) => node['@id'])
  assert.equal(new Set(ids).size, ids.length)
  for (const node of nodes.filter((each) => each['@type'] === 'skos:Concept')) {
    const labels = node['skos:prefLabel'] as { '@language': string; '@value': string }[]
    assert.deepEqual(
      labels.map((label) => label['@language']),
      ['en', 'zh-Hans'],
    )
    assert.match(labels[1]!['@value'], /[\u4e00-\u9fff]/)
    const { '@id': broader } = node['skos:broader'] as { '@id': string }
    assert.ok(broader.startsWith('dpv:') || ids.includes(broader), broader)
    assert.ok((node['dct:bibliographicCitation'] as unknown[]).length > 0)
  }
})
