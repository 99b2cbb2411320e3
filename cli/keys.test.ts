import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runCli } from './testing/run-cli.ts'
import { StubLedger } from './testing/stub-ledger.ts'
import { stubServer } from './testing/stub-server.ts'

/** A server whose rotation moves with each question and ends when it has walked over everything. */
const world = { seen: 0, step: 400, running: false, onStatus: () => {} }
const status = () => ({
  epoch: 692,
  epochEndsAt: '2026-12-01T00:00:00.000Z',
  oldKeys: world.seen < 1000 ? 6 : 0,
  oldestEpoch: world.seen < 1000 ? 691 : null,
  dueAt: world.seen < 1000 ? '2026-11-11T00:00:00.000Z' : null,
  backupDays: 7,
  running: world.running,
  rotation: {
    epoch: 692,
    state: world.seen < 1000 ? 'rewrapping' : 'finished',
    expected: 1000,
    seen: world.seen,
    rewrapped: world.seen,
    skipped: 0,
    damaged: 0,
    destroyed: world.seen < 1000 ? 0 : 6,
    startedAt: '2026-11-02T00:00:00.000Z',
    movedAt: '2026-11-02T00:01:00.000Z',
    finishedAt: null,
  },
})
let server: Awaited<ReturnType<typeof stubServer>>
before(async () => {
  server = await stubServer({
    ledger: new StubLedger(),
    api: ({ path }) => {
      if (path === '/v1/keys/rotate') world.running = true
      else if (path === '/v1/keys/pause') world.running = false
      else if (path === '/v1/keys/status') {
        world.onStatus()
        if (world.running) world.seen = Math.min(1000, world.seen + world.step)
        if (world.seen === 1000) world.running = false
      } else return undefined
      return { status: path === '/v1/keys/rotate' ? 202 : 200, body: status() }
    },
  })
})
after(() => server.close())
const env = () => ({ BAILEE_SERVER: server.url, BAILEE_KEY: 'blk_invented' })

test('Ctrl-C pauses the rotation, and the same command goes on to the end', async () => {
  Object.assign(world, { seen: 0, step: 10, running: false })
  const stopped = await runCli(['keys', 'rotate', '--rate', '100'], {
    env: env(),
    during: (child) => {
      world.onStatus = () => {
        world.onStatus = () => {}
        child.kill('SIGINT')
      }
    },
  })
  assert.equal(stopped.code, 130, stopped.stderr)
  assert.match(stopped.stdout, /Paused after \d+ rows/)
  assert.equal(world.running, false)
  assert.deepEqual(server.asked[0]?.body, { rate: 100 })
  assert.ok(world.seen < 1000)

  world.step = 400
  const done = await runCli(['keys', 'rotate', '--json'], { env: env() })
  assert.equal(done.code, 0, done.stderr)
  assert.deepEqual(done.json<{ rotation: { state: string } }>().rotation.state, 'finished')
})
test('the status is told in words, in both languages', async () => {
  const english = await runCli(['keys', 'status'], { env: env() })
  assert.match(english.stdout, /No key of an ended epoch is left\./)
  assert.match((await runCli(['keys', 'status', '--lang', 'zh'], { env: env() })).stdout, /没有遗留的旧时期密钥/)
  assert.equal((await runCli(['keys', 'rotate', '--rate', 'fast'], { env: env() })).code, 1)
})
