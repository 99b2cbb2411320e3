import { parentPort } from 'node:worker_threads'
import { type FromSealing, packSealed, sealFresh, type ToSealing, unpackDrawers } from './sealing.ts'

/** Seals what it is sent and keeps nothing: keys come with each message and go with it. */
parentPort!.on('message', ({ id, keys, drawers }: ToSealing) => {
  try {
    const packed = packSealed(unpackDrawers(drawers).map((drawer) => sealFresh(drawer, keys)))
    parentPort!.postMessage({ id, packed } satisfies FromSealing, [packed.buffer])
  } catch (error) {
    parentPort!.postMessage({ id, why: (error as Error).name } satisfies FromSealing)
  }
})
