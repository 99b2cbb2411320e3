import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#kernel'
import { Fenced, ForkRefused, Sequencer, type SequencerState, WitnessClient } from '#ledger'
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
let stopping = false
port.on('message', (message: unknown) => {
  if (message === 'stop') {
    stopping = true
    sequencer?.stop()
  }
})

const foundation = await layFoundation(settled, log, 'bailee/sequencer', 2)
while (!stopping) {
  const lock = await foundation.db.holdLock('bailee/sequencer').catch((error: unknown) => {
    log.warn({ err: error }, 'the database cannot be reached')
    return undefined
  })
  try {
    if (lock) {
      sequencer = new Sequencer({
        db: foundation.db,
        keys: foundation.keys,
        clock: systemClock,
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
