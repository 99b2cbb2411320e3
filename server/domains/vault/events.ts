import { emit } from '#platform'
import type { VaultDeps } from './deps.ts'

/** Upward: `vault.enumeration_suspected` {caller, misses, at}. The id of a key or a member of staff; nothing of what was asked. */
export const suspect =
  (deps: Pick<VaultDeps, 'db' | 'log' | 'clock'>) =>
  (caller: string, misses: number): void => {
    deps.log.warn({ caller, misses }, 'somebody searches for what is not there: enumeration is suspected')
    const at = deps.clock.now().toISOString()
    deps.db
      .transaction('vault', (tx) => emit(tx, 'vault.enumeration_suspected', { caller, misses, at }))
      .catch((err: unknown) => deps.log.error({ err, caller }, 'a suspected enumeration was not told'))
  }
