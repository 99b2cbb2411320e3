import { createSecretKey, randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { day, fromWire, grantAad, newId, open, seal, startTestServer } from '../server/testing.ts'
import { type Bench, median, round } from './harness.ts'

/**
 * Live wraps moved to the present epoch's keys by a running server, unthrottled, from reading to durable; against opening
 * and sealing the same number in memory in one thread, which is what would be left if the database cost nothing.
 */
export const rotate: Bench = async ({ quick, say }) => {
  const folder = await mkdtemp(join(tmpdir(), 'bailee-bench-'))
  await chmod(folder, 0o711)
  try {
    const wraps = quick ? 60_000 : 300_000
    await fill(folder, wraps, say)
    const server = await startTestServer({}, folder, { clockAhead: 36 * day, settleMilliseconds: 100 })
    try {
      const { rotation, foundation } = server.running.app
      const mark = async (state: string) => {
        while ((await rotation.status()).rotation?.state !== state)
          await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await rotation.pause()
      const began = performance.now()
      const before = (await rotation.status()).rotation?.rewrapped ?? 0
      const run = rotation.run(1_000_000)
      await Promise.race([mark('finished'), run])
      const seconds = (performance.now() - began) / 1000
      await run
      const { rotation: state } = await rotation.status()
      const moved = state!.rewrapped - before
      const [left] = await foundation.db.as('notices').query<{ n: number }>({
        text: 'select count(distinct substr(wrap, 3, 16))::int as n from notices.live_grant',
      })
      if (moved < wraps * 0.9 || left!.n !== 1) throw new Error(`${moved} moved, ${left!.n} keys are left`)
      const perSecond = moved / seconds
      say(`${moved} wraps in ${seconds.toFixed(1)} s, counted, old keys destroyed: ${perSecond.toFixed(0)}/s`)
      const alone = median(Array.from({ length: 5 }, sealingAlone))
      const ratio = round(perSecond / alone)
      return {
        ratios: { wraps_over_sealing_alone: ratio },
        figures: { wraps_per_second: round(perSecond, 0), sealing_alone_per_second: round(alone, 0), wraps: moved },
        table: [
          ['variant', 'wraps/s'],
          ['open and seal in memory, one thread', alone.toFixed(0)],
          ['rotation: read, open, seal, compare-and-set, durable', perSecond.toFixed(0)],
          ['ratio', ratio.toFixed(2)],
        ],
      }
    } finally {
      await server.stop()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Grants of invented people, two categories each, as consent would write them, under this epoch's key. */
async function fill(folder: string, wraps: number, say: (line: string) => void): Promise<void> {
  const server = await startTestServer({}, folder)
  try {
    say(`wrapping ${wraps} drawer keys`)
    const provider = await server.provider()
    const tenant = fromWire('org', provider.organisation)
    const { keys, db } = server.running.app.foundation
    const key = await keys.current(tenant, 'delivery')
    for (let from = 0; from < wraps; from += 5_000) {
      const rows = Array.from({ length: 2_500 }, () => newId<'per'>()).flatMap((subject) =>
        ['contact', 'place'].map((category) => ({
          subject,
          category,
          wrap: seal(key.key, key.idBytes, randomBytes(32), grantAad(tenant, subject, category, 'delivery')),
        })),
      )
      await db.as('notices').query({
        text: `insert into notices.live_grant (subject, category, purpose, tenant, basis, wrap, consent, since)
          select s, c, 'delivery', $4, 'consent', w, s, now() from unnest($1::uuid[], $2::text[], $3::bytea[]) as g (s, c, w)`,
        values: [rows.map((row) => row.subject), rows.map((row) => row.category), rows.map((row) => row.wrap), tenant],
      })
    }
    await server.settle()
  } finally {
    await server.stop()
  }
}

function sealingAlone(): number {
  const key = createSecretKey(randomBytes(32))
  const id = randomBytes(16)
  const tenant = newId()
  const blobs = Array.from({ length: 20_000 }, () => {
    const aad = grantAad(tenant, newId(), 'contact', 'delivery')
    return { aad, blob: seal(key, id, randomBytes(32), aad) }
  })
  const began = performance.now()
  for (const { aad, blob } of blobs) seal(key, id, open(key, blob, aad), aad)
  return blobs.length / ((performance.now() - began) / 1000)
}
