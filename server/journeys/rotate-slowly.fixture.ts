import { systemClock } from '#kernel'
import { chainRewrapper } from '#ledger'
import { grantRewrapper } from '#notices'
import { createLog, createRotation, onceRewrapper } from '#platform'
import { layFoundation } from '../foundation.ts'

/** A server that does nothing but rotate, slowly, until it is killed. Says how many rows it has walked over. */
const settled = JSON.parse(process.argv[2]!) as Parameters<typeof layFoundation>[0]
const log = createLog('error')
const { db, keys } = await layFoundation(settled, log, 'bailee/rotate-slowly', 2)
const rotation = createRotation({
  db,
  keys,
  clock: systemClock,
  log,
  rewrappers: [grantRewrapper(db), chainRewrapper(db), onceRewrapper(db)],
  announce: async () => {},
})
rotation.kick(60)
setInterval(async () => process.stdout.write(`${(await rotation.status()).rotation?.seen ?? 0}\n`), 100)
