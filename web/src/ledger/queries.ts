import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call } from '../api.ts'
import type { Pin } from './trust.ts'

/** The ledger’s state as the server tells it. What of it is believed is decided by proof. */
export const useLedgerStatus = (refreshMs: number | false = false) =>
  useQuery({ queryKey: ['ledger-status'], queryFn: () => call('ledgerStatus', {}), refetchInterval: refreshMs })

/**
 * When the page has nothing else to do, the checking code is fetched and the latest checkpoint’s signatures are checked.
 * Most proofs are made against that checkpoint, so that pressing “check” answers at once, also on a slow phone.
 */
export function useWarmChecks(checkpoint: string | undefined, pin: Pin | undefined): void {
  useEffect(() => {
    if (checkpoint === undefined || pin === undefined) return
    const warm = async () => {
      const { checkCheckpoint } = await import('./check-growth.ts')
      checkCheckpoint(checkpoint, pin.origin, pin.policy)
    }
    // Safari has no idle callback.
    if (typeof requestIdleCallback !== 'function') {
      const timer = setTimeout(() => void warm(), 1500)
      return () => clearTimeout(timer)
    }
    const idle = requestIdleCallback(() => void warm(), { timeout: 4000 })
    return () => cancelIdleCallback(idle)
  }, [checkpoint, pin])
}
