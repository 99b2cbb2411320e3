import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32, inflateRawSync } from 'node:zlib'
import { type ZipFile, zip } from './zip.ts'

async function bytesOf(files: readonly ZipFile[]): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of zip(files, new Date('2026-11-24T01:02:04Z'))) parts.push(part)
  return Buffer.concat(parts)
}

test('a file is found by its local header, unpacks to what went in, and its sizes follow it', async () => {
  const text = 'information 信息 '.repeat(1000)
  const bytes = await bytesOf([{ name: '目录.txt', content: [text, Buffer.from('end')] }])
  const nameLength = bytes.readUInt16LE(26)
  assert.equal(bytes.subarray(30, 30 + nameLength).toString(), '目录.txt')
  const directory = bytes.readUInt32LE(bytes.length - 22 + 16)
  const [crc, packed, size] = [16, 20, 24].map((at) => bytes.readUInt32LE(directory + at)) as [number, number, number]
  const content = inflateRawSync(bytes.subarray(30 + nameLength, 30 + nameLength + packed))
  assert.equal(content.toString(), `${text}end`)
  assert.deepEqual([content.length, crc32(content)], [size, crc])
  const descriptor = 30 + nameLength + packed
  assert.deepEqual(
    [0, 4, 8, 12].map((at) => bytes.readUInt32LE(descriptor + at)),
    [0x0807_4b50, crc, packed, size],
  )
})
test('no file at all, and an empty one, are still zips', async () => {
  assert.equal((await bytesOf([])).length, 22)
  const bytes = await bytesOf([{ name: 'empty', content: [] }])
  assert.equal(bytes.readUInt16LE(bytes.length - 22 + 10), 1)
})
test('an error in what is packed ends the zip with that error', async () => {
  async function* broken() {
    yield 'a beginning'
    throw new Error('the source broke')
  }
  await assert.rejects(bytesOf([{ name: 'half', content: broken() }]), /the source broke/)
})
