import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeEntryBundle, encodePublicLeaf } from '@bailee/proof'
import { type CliOptions, runCli } from './testing/run-cli.ts'
import { StubLedger } from './testing/stub-ledger.ts'
import { type StubOptions, stubServer } from './testing/stub-server.ts'

interface World {
  readonly ledger: StubLedger
  readonly server: Awaited<ReturnType<typeof stubServer>>
  readonly folder: string
  readonly stateFile: string
  state(): Record<string, unknown> & { seen?: { size: number }; policy: string }
  follow(more?: readonly string[], options?: CliOptions): ReturnType<typeof runCli>
}

async function inWorld(options: Partial<StubOptions>, run: (world: World) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-follow-'))
  const ledger = options.ledger ?? new StubLedger().addMany(700)
  const server = await stubServer({ ...options, ledger })
  const stateFile = join(folder, 'ledger.json')
  try {
    await run({
      ledger,
      server,
      folder,
      stateFile,
      state: () => JSON.parse(readFileSync(stateFile, 'utf8')),
      follow: (more = ['--once'], given = {}) =>
        runCli(['ledger', 'follow', '--server', server.url, '--state', stateFile, ...more], given),
    })
  } finally {
    await server.close()
    rmSync(folder, { recursive: true })
  }
}

test('the first look pins the policy and says which key to compare', () =>
  inWorld({}, async ({ follow, state, ledger }) => {
    const run = await follow()
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stdout, /700 entries \(\+700\).*OK/)
    assert.ok(run.stderr.includes(ledger.vkey))
    assert.equal(state().policy, ledger.policy)
    assert.equal(state().seen?.size, 700)
  }))

test('a ledger that grows is fine, computed from tiles and not from the server’s proofs', () =>
  inWorld({}, async ({ follow, ledger, server, state }) => {
    await follow()
    for (const more of [1, 55, 0, 70_000 - 756]) {
      ledger.addMany(more)
      const run = await follow(['--once', '--json'])
      assert.equal(run.code, 0, run.stdout)
      const round = run.json<{ verdict: string; grown: number; checks: { id: string; ok: boolean }[] }>()
      assert.equal(round.verdict, 'good')
      assert.equal(round.grown, more)
      assert.ok(round.checks.some(({ id, ok }) => id === 'consistency' && ok))
    }
    assert.equal(state().seen?.size, 70_000)
    assert.ok(server.asked.every(({ path }) => !path.startsWith('/v1/ledger/consistency')))
  }))

test('a forked ledger is exit 4, leaves both checkpoints, and keeps the old past', () =>
  inWorld({}, async ({ follow, ledger, folder, state }) => {
    await follow()
    const before = state()
    ledger.rewrite(300).addMany(10)
    for (let again = 0; again < 2; again++) {
      const run = await follow()
      assert.equal(run.code, 4)
      assert.match(run.stdout, /VERIFICATION FAILED/)
      assert.match(run.stdout, /✗ the ledger only grew/)
    }
    assert.deepEqual(state(), before)
    const evidence = readdirSync(folder).filter((name) => name.endsWith('.checkpoint'))
    assert.equal(evidence.length, 2)
    const old = readFileSync(join(folder, evidence.find((name) => name.includes('.old.'))!), 'utf8')
    const now = readFileSync(join(folder, evidence.find((name) => name.includes('.new.'))!), 'utf8')
    assert.match(old, /^stub\.example\/ledger\/2026\n700\n/)
    assert.match(now, /^stub\.example\/ledger\/2026\n710\n/)
  }))

test('two ledgers of the same size are a fork', () =>
  inWorld({}, async ({ follow, ledger, folder }) => {
    await follow()
    ledger.rewrite(0)
    assert.equal((await follow()).code, 4)
    assert.equal(readdirSync(folder).filter((name) => name.includes('.fork-')).length, 2)
  }))

test('a ledger that took entries back is a fork, a stale copy of the same ledger is not', () =>
  inWorld({}, async ({ follow, ledger, server, state }) => {
    await follow()
    server.current.file = (path) => (path === 'checkpoint' ? ledger.checkpoint({ size: 500 }) : undefined)
    const stale = await follow()
    assert.equal(stale.code, 0)
    assert.match(stale.stderr, /older checkpoint \(500\)/)
    assert.equal(state().seen?.size, 700)
    server.current.file = () => undefined
    ledger.leaves = ledger.leaves.slice(0, 500)
    assert.equal((await follow()).code, 4)
  }))

test('a changed key is an alarm', () =>
  inWorld({}, async ({ follow, ledger, server, folder }) => {
    await follow()
    const other = new StubLedger()
    other.leaves = ledger.leaves
    server.current.ledger = other
    const run = await follow()
    assert.equal(run.code, 4)
    assert.match(run.stdout, /✗ the ledger still has the pinned key/)
    assert.equal(readdirSync(folder).filter((name) => name.includes('.failed-')).length, 1)
  }))

test('another key that only signs, while the status still names the pinned one, is an alarm too', () =>
  inWorld({}, async ({ follow, ledger, server }) => {
    await follow()
    const other = new StubLedger()
    other.leaves = ledger.leaves
    server.current.file = (path) => (path === 'checkpoint' ? other.checkpoint() : undefined)
    assert.equal((await follow()).code, 4)
  }))

test('a policy got elsewhere is pinned instead of the server’s', () =>
  inWorld({}, async ({ follow, folder, state }) => {
    const file = join(folder, 'policy')
    const other = new StubLedger()
    writeFileSync(file, other.policy)
    assert.equal((await follow(['--once', '--policy', file])).code, 4)
    assert.throws(state)
  }))

test('too few witnesses cannot be judged; a false cosignature is a failure', () =>
  inWorld({}, async ({ follow, ledger, server }) => {
    await follow()
    server.current.file = (path) => (path === 'checkpoint' ? ledger.checkpoint({ witnessed: false }) : undefined)
    const run = await follow()
    assert.equal(run.code, 3)
    assert.match(run.stdout, /CANNOT JUDGE/)
    server.current.file = (path) =>
      path === 'checkpoint'
        ? ledger.checkpoint().replace(/(— witness\.example \S{20})(\S)/, (_, a, b) => a + (b === 'A' ? 'B' : 'A'))
        : undefined
    assert.equal((await follow()).code, 4)
  }))

test('a damaged tile is exit 4', () =>
  inWorld({}, async ({ follow, ledger, server }) => {
    await follow()
    ledger.addMany(400)
    server.current.file = (path) => {
      const bytes = path.startsWith('tile/0/') ? ledger.file(path) : undefined
      return bytes && bytes.length < 8192 ? bytes.with(40, bytes[40]! ^ 1) : undefined
    }
    assert.equal((await follow()).code, 4)
  }))

test('a partial tile that was tidied away is read from the full one', () =>
  inWorld({}, async ({ follow, ledger, server }) => {
    await follow()
    server.current.file = (path) => {
      if (path === 'checkpoint') return ledger.checkpoint({ size: 690 })
      return path.includes('.p/178') ? null : undefined
    }
    ledger.addMany(100)
    assert.equal((await follow()).code, 0)
  }))

test('an audit reads every entry and rebuilds the epochs’ tag indexes, across runs', () => {
  const ledger = new StubLedger().addMany(300).closeEpoch().addMany(400).closeEpoch().addMany(50)
  return inWorld({ ledger }, async ({ follow, server }) => {
    const first = await follow(['--once', '--audit'])
    assert.equal(first.code, 0, first.stdout + first.stderr)
    assert.match(first.stdout, /audited 752 entries, 2 epochs closed/)
    ledger.addMany(600).closeEpoch().addMany(3)
    server.asked.length = 0
    const second = await follow(['--once', '--audit', '--json'])
    assert.equal(second.code, 0, second.stdout)
    assert.deepEqual(second.json().audited, { size: 1356, epochs: 3 })
    // What closed epochs hold was read once.
    assert.ok(server.asked.every(({ path }) => path !== '/ledger/tile/entries/000'))
  })
})

test('an audit notices an entry that was swapped in its bundle', () =>
  inWorld({}, async ({ follow, ledger, server }) => {
    server.current.file = (path) => {
      if (path !== 'tile/entries/001') return undefined
      const swapped = encodePublicLeaf({ v: 1, type: 'notice', text: 'swapped' })
      return encodeEntryBundle(ledger.leaves.slice(256, 512).with(44, swapped))
    }
    const run = await follow(['--once', '--audit'])
    assert.equal(run.code, 4)
    assert.match(run.stdout, /entry 300 /)
    assert.equal((await follow(['--once'])).code, 0)
  }))

test('an audit notices a tag index that leaves out a tag, skips entries or lies about its root', async () => {
  const changes = [
    { tags: 299 },
    { root: Buffer.alloc(32).toString('base64') },
    { firstIndex: 1 },
    { endIndex: 301 },
    { endIndex: 299 },
    { tags: 'many' },
  ]
  for (const change of changes) {
    await inWorld({ ledger: new StubLedger().addMany(300).closeEpoch(change).addMany(9) }, async ({ follow }) => {
      const run = await follow(['--once', '--audit', '--json'])
      assert.equal(run.code, 4, JSON.stringify(change))
      const { checks } = run.json<{ checks: { id: string; ok: boolean }[] }>()
      assert.ok(checks.some(({ id, ok }) => id === 'epochs' && !ok))
    })
  }
})

test('an epoch that is missing between two others is noticed', () => {
  const ledger = new StubLedger().addMany(10).closeEpoch().addMany(10).closeEpoch().addMany(10)
  const withoutSecond = new StubLedger()
  withoutSecond.leaves = ledger.leaves.toSpliced(21, 1)
  const last = ledger.closeEpoch().leaves.at(-1)!
  withoutSecond.leaves.push(last)
  return inWorld({ ledger: withoutSecond }, async ({ follow }) =>
    assert.equal((await follow(['--once', '--audit'])).code, 4),
  )
})

test('a server that is down is exit 2 and forgets nothing', () =>
  inWorld({}, async ({ follow, server, state }) => {
    await follow()
    const before = state()
    await server.close()
    const run = await follow()
    assert.equal(run.code, 2)
    assert.deepEqual(state(), before)
  }))

test('a damaged state is not replaced, for that would forgive a fork', () =>
  inWorld({}, async ({ follow, stateFile }) => {
    for (const text of ['', '{"v":1,', '[]', '{"v":2}']) {
      writeFileSync(stateFile, text)
      assert.equal((await follow()).code, 3)
      assert.equal(readFileSync(stateFile, 'utf8'), text)
    }
  }))

test('the state of one server is not used for another', () =>
  inWorld({}, async ({ follow, stateFile }) => {
    await follow()
    const other = await stubServer({ ledger: new StubLedger().addMany(3) })
    try {
      const run = await runCli(['ledger', 'follow', '--server', other.url, '--state', stateFile, '--once'])
      assert.equal(run.code, 1)
    } finally {
      await other.close()
    }
  }))

test('following goes on until Ctrl-C, and what it saw is kept whole', () =>
  inWorld({}, async ({ follow, ledger, state, folder }) => {
    const run = await follow(['--interval', '1', '--json'], {
      during: async (child) => {
        child.stdout?.once('data', () => ledger.addMany(5))
        await sleep(3000)
        child.kill('SIGINT')
      },
    })
    assert.equal(run.code, 130, run.stderr)
    const rounds = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { size: number })
    assert.ok(rounds.length >= 2)
    assert.equal(rounds.at(-1)?.size, 705)
    assert.equal(state().seen?.size, 705)
    assert.deepEqual(readdirSync(folder), ['ledger.json'])
  }))

test('Ctrl-C in the middle of an audit leaves the old state and no half', () => {
  const ledger = new StubLedger().addMany(3000).closeEpoch()
  return inWorld({ ledger }, async ({ follow, server, state, folder }) => {
    assert.equal((await follow()).code, 0)
    const before = state()
    ledger.addMany(100)
    const run = await follow(['--audit', '--once'], {
      during: (child) => {
        server.current.file = (path) => {
          if (path === 'tile/entries/005') child.kill('SIGINT')
          return undefined
        }
      },
    })
    assert.equal(run.code, 130)
    assert.deepEqual(state(), before)
    assert.deepEqual(readdirSync(folder), ['ledger.json'])
  })
})

test('a broken pipe ends the monitor without hurting its state', () =>
  inWorld({}, async ({ follow, state, folder }) => {
    const run = await follow(['--interval', '1'], { during: (child) => child.stdout?.destroy() })
    assert.equal(run.code, 141, run.stderr)
    assert.doesNotMatch(run.stderr, /EPIPE|fault/)
    assert.equal(state().seen?.size, 700)
    assert.deepEqual(readdirSync(folder), ['ledger.json'])
  }))

test('killed with -9 at any moment, the state is the old one or the new one', () =>
  inWorld({}, async ({ follow, ledger, state }) => {
    await follow()
    for (const wait of [150, 250, 350, 450]) {
      const size = ledger.addMany(10).size
      await follow(['--once'], {
        during: async (child) => {
          await sleep(wait)
          child.kill('SIGKILL')
        },
      })
      assert.ok([size, state().seen?.size].includes(state().seen?.size))
      assert.ok(Number(state().seen?.size) <= size)
    }
    assert.equal((await follow()).code, 0)
    assert.equal(state().seen?.size, ledger.size)
  }))

test('without a terminal there is no bar, and stdout holds only the answer', () =>
  inWorld({}, async ({ follow }) => {
    const run = await follow(['--once', '--audit', '--json'])
    assert.equal(run.stdout.trim().split('\n').length, 1)
    assert.ok(!`${run.stdout}${run.stderr}`.includes('\u001b'))
  }))
