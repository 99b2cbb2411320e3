import { type QueryClient, useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../api.ts'

const entriesKey = ['my-entries']

/** What was logged about me, newest first, page by page. */
export const useEntries = () =>
  useInfiniteQuery({
    queryKey: entriesKey,
    queryFn: ({ pageParam }) => call('myEntries', { query: pageParam === null ? {} : { cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // While something is being placed, look again by and by.
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(({ index }) => index === null)) ? 2000 : false,
  })

/** An act is durable at once and placed in the ledger a moment later: look now, and again when it should be there. */
export function refreshSoon(client: QueryClient): void {
  for (const wait of [0, 1500, 4000]) setTimeout(() => void client.invalidateQueries({ queryKey: entriesKey }), wait)
}
