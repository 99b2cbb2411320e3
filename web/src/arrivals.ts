import { useSyncExternalStore } from 'react'

/**
 * One-time tokens arrive behind `#`, so that they are in no request line and in no log. They are taken out of the address
 * bar before anything else runs, kept in memory only, and spent once.
 */
export interface Arrival {
  readonly path: string
  readonly token: string
}

let waiting: Arrival | undefined
const listeners = new Set<() => void>()

function take(): void {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (token === null) return
  history.replaceState(history.state, '', location.pathname + location.search)
  waiting = { path: location.pathname, token }
  for (const listener of listeners) listener()
}

export function watchArrivals(): void {
  take()
  addEventListener('hashchange', take)
}

/** The token that came with this page, if one did. */
export const useArrival = (path: string): string | undefined => {
  const arrival = useSyncExternalStore(subscribe, () => waiting)
  return arrival?.path === path ? arrival.token : undefined
}

export function spendArrival(): void {
  waiting = undefined
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
