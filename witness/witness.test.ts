import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import {
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  formatSignatureLine,
  formatVerifierKey,
  type Hash,
  HashTree,
  hashLeaf,
  keyId,
  openCheckpoint,
  openNote,
  parseCosignature,
  parseNote,
  utf8Encode,
  verifierFor,
} from '@bailee/proof'
import { nativeChecks, parseLogs, type Suspicion, startWitness, type Witness, type WitnessOptions } from './index.ts'
import { originHash } from './store.ts'

const directories: string[] = []
after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-witness-'))
  directories.push(directory)
  return directory
}

const origin = 'log.example/2026'
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const rawKey = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(12))
const vkey = formatVerifierKey(origin, 1, rawKey)
const tree = treeOf('entry')

function treeOf(word: string): HashTree {
  return new HashTree(Array.from({ length: 20 }, (_, i) => hashLeaf(utf8Encode(`${word} ${i}`))))
}

function submission(
  oldSize: number,
  size: number,
  { of = tree, proof = undefined as Hash[] | undefined } = {},
): string {
  const text = formatCheckpoint({ origin, size, root: of.root(size) })
  const line = formatSignatureLine(origin, keyId(origin, 1, rawKey), sign(null, utf8Encode(text), privateKey))
  return formatAddCheckpoint({
    oldSize,
    proof: proof ?? (oldSize === 0 ? [] : of.consistencyPath(oldSize, size)),
    note: formatNote(text, [line]),
  })
}

const start = (directory: string, more: Partial<WitnessOptions> = {}) =>
  startWitness({ directory, name: 'witness.example', logs: [{ origin, vkey }], ...more })

const post = (witness: { url: string }, body: string | Uint8Array) =>
  fetch(`${witness.url}/add-checkpoint`, { method: 'POST', body: body as BodyInit })

const latest = (witness: { url: string }) => fetch(`${witness.url}/${originHash(origin)}/checkpoint`)

async function withWitness(
  use: (witness: Witness, directory: string) => Promise<void>,
  more: Partial<WitnessOptions> = {},
) {
  const directory = freshDirectory()
  const witness = await start(directory, more)
  try {
    await use(witness, directory)
  } finally {
    await witness.close()
  }
}

test('a checkpoint is cosigned with both keys, over the time at which it was seen', () =>
  withWitness(
    async (witness) => {
      const body = submission(0, 5)
      const response = await post(witness, body)
      assert.equal(response.status, 200)
      const note = `${body.slice(body.indexOf('\n\n') + 2)}${await response.text()}`
      const keys = witness.vkeys.map((one) => verifierFor(one))
      const { verified } = openNote(note, keys)
      assert.deepEqual(
        verified.map(({ verifier }) => verifier.type),
        [4, 6],
      )
      for (const { value } of verified) assert.equal(parseCosignature(value).time, 1_800_000_000)
    },
    { now: () => 1_800_000_000 },
  ))

test('over HTTP, refusals have the status and body of the protocol', () =>
  withWitness(async (witness) => {
    assert.equal((await post(witness, submission(0, 5))).status, 200)
    const conflict = await post(witness, submission(0, 9))
    assert.equal(conflict.status, 409)
    assert.equal(await conflict.text(), '5\n')
    assert.equal(conflict.headers.get('content-type'), 'text/x.tlog.size')
    assert.equal((await post(witness, submission(5, 9, { proof: [] }))).status, 422)
    assert.equal((await post(witness, submission(5, 9, { of: treeOf('fork') }))).status, 422)
    assert.equal((await post(witness, submission(5, 9).replaceAll(origin, 'log.example/2027'))).status, 404)
    const forged = submission(5, 9).replace(/(— \S+ \S{8})(\S)/, (_, head, digit) => head + (digit === 'A' ? 'B' : 'A'))
    assert.equal((await post(witness, forged)).status, 403)
    assert.equal((await post(witness, 'old 5')).status, 400)
    assert.equal((await post(witness, Uint8Array.of(0xff, 0xfe))).status, 400)
    assert.equal((await post(witness, submission(5, 9))).status, 200)
    assert.equal((await post(witness, submission(9, 9))).status, 200)
    assert.equal((await fetch(`${witness.url}/add-checkpoint`)).status, 405)
    assert.equal((await fetch(`${witness.url}/`)).status, 404)
    assert.equal((await fetch(`${witness.url}/${originHash('unknown')}/checkpoint`)).status, 404)
  }))

test('the latest cosigned checkpoint is there for monitors, without what strangers appended', () =>
  withWitness(async (witness) => {
    assert.equal((await latest(witness)).status, 404)
    const stranger = formatSignatureLine('stranger', new Uint8Array(4), new Uint8Array(64))
    await post(witness, submission(0, 5) + stranger)
    const response = await latest(witness)
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
    const cosigners = witness.vkeys.map((one) => verifierFor(one))
    const note = await response.text()
    const opened = openCheckpoint(note, { origin, log: verifierFor(vkey), cosigners })
    assert.equal(opened.checkpoint.size, 5)
    assert.equal(opened.cosignatures.length, 2)
    assert.equal(parseNote(note).signatures.length, 3)
  }))

test('of many submissions at once for the same old size, with different trees, exactly one is cosigned', () =>
  withWitness(async (witness) => {
    const bodies = Array.from({ length: 12 }, (_, i) => submission(0, 5 + (i % 3), { of: treeOf(`fork ${i}`) }))
    const statuses = await Promise.all(bodies.map(async (body) => (await post(witness, body)).status))
    assert.equal(statuses.filter((status) => status === 200).length, 1)
    assert.ok(statuses.every((status) => status === 200 || status === 409 || status === 422))
  }))

test('a request body above 64 kB is refused', () =>
  withWitness(async (witness) => {
    assert.equal((await post(witness, 'x'.repeat(65_537)).catch(() => ({ status: 413 }))).status, 413)
    // The connection may end before all of it is sent; either way nothing was cosigned and the next request works.
    assert.equal((await post(witness, submission(0, 5))).status, 200)
  }))

test('a body that never ends does not keep the witness from answering others', () =>
  withWitness(async (witness) => {
    const slow = request(`${witness.url}/add-checkpoint`, { method: 'POST' })
    slow.on('error', () => {})
    slow.write('old 0\n')
    assert.equal((await post(witness, submission(0, 5))).status, 200)
    slow.destroy()
  }))

test('a refusal on a log that signed two trees is reported as a suspicion', async () => {
  const suspicions: Suspicion[] = []
  await withWitness(
    async (witness) => {
      await post(witness, submission(0, 5))
      await post(witness, submission(5, 9, { of: treeOf('fork') }))
    },
    { onSuspicion: (suspicion) => suspicions.push(suspicion) },
  )
  assert.deepEqual(
    suspicions.map(({ origin: of, status }) => [of, status]),
    [[origin, 422]],
  )
  assert.equal(parseNote(suspicions[0]!.note).signatures.length, 1)
})

test('after a restart the witness has its keys and remembers what it cosigned', async () => {
  const directory = freshDirectory()
  const first = await start(directory)
  await post(first, submission(0, 5))
  await first.close()
  const second = await start(directory)
  try {
    assert.deepEqual(second.vkeys, first.vkeys)
    assert.equal((await post(second, submission(0, 9))).status, 409)
    assert.equal((await post(second, submission(5, 9))).status, 200)
    for (const file of ['ed25519.pem', 'ml-dsa-44.pem']) {
      assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600)
    }
  } finally {
    await second.close()
  }
})

test('a state file that is cut short, emptied or changed keeps the witness from starting', async () => {
  const directory = freshDirectory()
  const witness = await start(directory)
  await post(witness, submission(0, 5))
  await witness.close()
  const file = join(directory, 'state', originHash(origin))
  const whole = readFileSync(file)
  for (const damaged of [
    whole.subarray(0, -1),
    whole.subarray(0, 20),
    Buffer.alloc(0),
    Buffer.from(whole.map((byte, i) => (i === 150 ? byte ^ 1 : byte))),
  ]) {
    writeFileSync(file, damaged)
    await assert.rejects(start(directory), /damaged/)
  }
  truncateSync(file)
  await assert.rejects(start(directory), /damaged/)
  writeFileSync(file, whole)
  await (await start(directory)).close()
})

test('a witness that lost a key does not quietly become another one', async () => {
  const directory = freshDirectory()
  const witness = await start(directory)
  await post(witness, submission(0, 5))
  await witness.close()
  rmSync(join(directory, 'ed25519.pem'))
  await assert.rejects(start(directory), /missing although/)
})

test('two witnesses cannot share a directory', () =>
  withWitness(async (_, directory) => {
    await assert.rejects(start(directory), /another witness process/)
  }))

test('an interrupted write leaves the old state, and its left-over is no obstacle', async () => {
  const directory = freshDirectory()
  const first = await start(directory)
  await post(first, submission(0, 5))
  await first.close()
  writeFileSync(join(directory, 'state', `${originHash(origin)}.tmp`), 'half a st')
  const second = await start(directory)
  assert.equal((await post(second, submission(5, 9))).status, 200)
  assert.deepEqual(readdirSync(join(directory, 'state')), [originHash(origin)])
  await second.close()
})

test('a list of logs has one origin and key a line, and an origin may hold spaces', () => {
  assert.deepEqual(parseLogs(`# known logs\n\ngo.sum database tree ${vkey}\n${origin} ${vkey}\r\n`), [
    { origin: 'go.sum database tree', vkey },
    { origin, vkey },
  ])
  assert.throws(() => parseLogs('nonsense'), /line 1/)
})

test('the fast checks of the server agree with the portable ones', () => {
  const pq = generateKeyPairSync('ml-dsa-44')
  const key = new Uint8Array(pq.publicKey.export({ type: 'spki', format: 'der' }).subarray(-1312))
  const message = utf8Encode('message')
  const signature = sign(null, message, pq.privateKey)
  assert.ok(nativeChecks.mlDsa44(key, message, signature))
  assert.ok(!nativeChecks.mlDsa44(key, utf8Encode('other'), signature))
  assert.ok(!nativeChecks.mlDsa44(key.subarray(1), message, signature))
  assert.ok(nativeChecks.ed25519(rawKey, message, sign(null, message, privateKey)))
  assert.ok(!nativeChecks.ed25519(rawKey, message, new Uint8Array(64)))
})

type Started = { child: ChildProcess; listening: string; vkeys: string[] }

async function spawnWitness(directory: string, more: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env.PATH,
      BAILEE_WITNESS_DIR: directory,
      BAILEE_WITNESS_NAME: 'witness.example',
      BAILEE_WITNESS_LOGS: `${origin} ${vkey}`,
      ...more,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string]
  return { child, ...(JSON.parse(line) as { listening: string; vkeys: string[] }) }
}

test('a process killed right after its answer has not forgotten what it cosigned', async () => {
  const directory = freshDirectory()
  const first = await spawnWitness(directory)
  assert.equal((await post({ url: first.listening }, submission(0, 5))).status, 200)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = await spawnWitness(directory)
  assert.deepEqual(second.vkeys, first.vkeys)
  assert.equal((await post({ url: second.listening }, submission(0, 5))).status, 409)
  assert.equal((await post({ url: second.listening }, submission(5, 9))).status, 200)
  second.child.kill('SIGTERM')
  assert.deepEqual(await once(second.child, 'exit'), [0, null])
})

test('a witness started by a parent ends when the parent does', async () => {
  const { child } = await spawnWitness(freshDirectory(), { BAILEE_WITNESS_PARENT: 'stdin' })
  child.stdin!.end()
  assert.deepEqual(await once(child, 'exit'), [0, null])
})
