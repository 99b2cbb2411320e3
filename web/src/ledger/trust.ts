import { useMemo, useState } from 'react'
import type { Reply } from '../api.ts'
import { recallJson, remember } from '../memory.ts'

/**
 * Trust on first use: the first status that this browser ever saw is pinned, and every proof is checked against the pin.
 * What the server says later is compared with it and never silently believed.
 */
export interface Pin {
  readonly origin: string
  readonly vkeys: readonly string[]
  readonly policy: string
  /** Milliseconds since 1970. */
  readonly pinnedAt: number
}
export type TrustChange = 'keys' | 'origin' | 'witnesses'
type Status = Reply<'ledgerStatus'>

const isPin = (value: unknown): value is Pin =>
  typeof value === 'object' &&
  value !== null &&
  'origin' in value &&
  typeof value.origin === 'string' &&
  'policy' in value &&
  typeof value.policy === 'string' &&
  'pinnedAt' in value &&
  typeof value.pinnedAt === 'number' &&
  'vkeys' in value &&
  Array.isArray(value.vkeys) &&
  value.vkeys.every((key) => typeof key === 'string')

/** What differs between the pin and what the server says now. Key material first: it is the worst. */
export function changesOf(pin: Pin, status: Pick<Status, 'origin' | 'vkeys' | 'policy'>): TrustChange[] {
  const changes: TrustChange[] = []
  if (pin.origin !== status.origin) changes.push('origin')
  if ([...pin.vkeys].sort().join() !== [...status.vkeys].sort().join()) changes.push('keys')
  if (changes.length === 0 && pin.policy !== status.policy)
    changes.push(logLines(pin) === logLines(status) ? 'witnesses' : 'keys')
  return changes
}
const logLines = ({ policy }: { policy: string }) =>
  policy
    .split('\n')
    .filter((line) => line.startsWith('log '))
    .sort()
    .join('\n')

export function pinOf(status: Status, now: number): Pin {
  return { origin: status.origin, vkeys: status.vkeys, policy: status.policy, pinnedAt: now }
}

export interface Trust {
  readonly pin: Pin
  readonly changes: readonly TrustChange[]
  /** False where this browser forgets with the page. */
  readonly lasting: boolean
  /** The person has asked elsewhere and takes what the server names now. */
  accept(): void
}

export function useTrust(status: Status | undefined): Trust | undefined {
  const [accepted, setAccepted] = useState(0)
  return useMemo(() => {
    if (!status) return undefined
    const keep = () => remember('trust', JSON.stringify(pinOf(status, Date.now())))
    const known = recallJson('trust', isPin)
    const lasting = known ? true : keep()
    const pin = known ?? recallJson('trust', isPin) ?? pinOf(status, Date.now())
    return {
      pin,
      changes: changesOf(pin, status),
      lasting,
      accept: () => {
        keep()
        setAccepted(accepted + 1)
      },
    }
  }, [status, accepted])
}
