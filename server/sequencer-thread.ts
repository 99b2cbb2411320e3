import { parentPort, workerData } from 'node:worker_threads'
import { Fenced, ForkRefused, Sequencer, type SequencerState, WitnessClient, watchLedger } from '#ledger'
import { createLog } from '#platform'
import { layFoundation, type Settled } from './foundation.ts'

/**
 * The sequencer's thread. Hashing, sealing and fsync of thousands of entries a second must not make a look wait, so they
 * have an event loop of their own. One thread in the whole installation holds office; the others wait for the lock.
 */
export type FromSequencer =
  | { readonly type: 'state'; readonly state: SequencerState }
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'stopped' }

const settled = workerData as Settled & { readonly crowd: SharedArrayBuffer }
const crowd = new Int32Array(settled.crowd)
const port = parentPort!
const log = createLog(settled.config.logLevel).child({ thread: 'sequencer' })
const tell = (message: FromSequencer) => port.postMessage(message)
let sequencer: Sequencer | undefined
let waiting = false
let stopping = false
port.on('message', (message: unknown) => {
  if (message !== 'stop') return
  stopping = true
  sequencer?.stop()
  if (!waiting) return
  // The lock may be another's for days; nothing here has begun that would have to end in order.
  tell({ type: 'stopped' })
  process.exit()
})

const foundation = await layFoundation(settled, log, 'bailee/sequencer', 2)

/** Waits for office, and meanwhile says what the one who holds it has made durable. */
async function takeLock() {
  waiting = true
  const watch = async () => {
    const state = await watchLedger({
      db: foundation.db,
      clock: foundation.clock,
      witnesses: settled.witnesses,
      epochSeconds: settled.config.ledgerEpochSeconds,
    })
    if (waiting && state) tell({ type: 'state', state })
  }
  const watching = setInterval(() => {
    watch().catch((error: unknown) => log.warn({ err: error }, 'the ledger cannot be watched'))
  }, 1000)
  try {
    return await foundation.db.holdLock('bailee/sequencer')
  } catch (error) {
    log.warn({ err: error }, 'the database cannot be reached')
    return undefined
  } finally {
    waiting = false
    clearInterval(watching)
  }
}

while (!stopping) {
  const lock = await takeLock()
  try {
    if (lock && !stopping) {
      sequencer = new Sequencer({
        db: foundation.db,
        keys: foundation.keys,
        clock: foundation.clock,
        tiles: foundation.tiles,
        signer: foundation.signer,
        witnesses: settled.witnesses.map((witness) => new WitnessClient(witness, settled.config.ledgerOrigin)),
        settings: {
          epochSeconds: settled.config.ledgerEpochSeconds,
          epochTags: settled.config.ledgerEpochTags,
          witnessEveryMilliseconds: settled.config.witnessEveryMilliseconds,
        },
        report: (state) => tell({ type: 'state', state }),
        warn: (message, error) => log.warn({ err: error }, message),
        alarm: (message, details) => log.error(details, message),
        crowded: () => Atomics.load(crowd, 0) === 1,
      })
      const held = sequencer
      void lock.lost.then(() => held.stop())
      await sequencer.start()
      await sequencer.run()
    }
  } catch (error) {
    if (error instanceof ForkRefused) {
      tell({ type: 'refused', why: error.message })
      stopping = true
    } else if (!stopping)
      log[error instanceof Fenced ? 'warn' : 'error']({ err: error }, 'the sequencer stopped and will start again')
  } finally {
    await lock?.release().catch(() => {})
  }
  if (!stopping) await new Promise((resolve) => setTimeout(resolve, 500))
}
await foundation.close().catch(() => {})
tell({ type: 'stopped' })
port.close()
