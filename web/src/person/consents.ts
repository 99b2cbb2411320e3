import { useInfiniteQuery } from '@tanstack/react-query'
import { call, type Reply } from '../api.ts'

export const consentsKey = ['my-consents']
export type Consents = Reply<'listConsents'>
export type Consent = Consents['items'][number]

/** What I agreed to and refused, newest first, page by page. */
export const useConsents = () =>
  useInfiniteQuery({
    queryKey: consentsKey,
    queryFn: ({ pageParam }) => call('listConsents', { body: pageParam === null ? {} : { cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
