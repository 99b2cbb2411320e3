import { useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'

/** The ledger’s state as the server tells it. What of it is believed is decided by proof. */
export const useLedgerStatus = (refreshMs: number | false = false) =>
  useQuery({ queryKey: ['ledger-status'], queryFn: () => call('ledgerStatus', {}), refetchInterval: refreshMs })
