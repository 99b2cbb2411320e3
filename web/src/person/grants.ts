import { useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'

export const grantsKey = ['my-grants']

/** The live grants, my own access among them: what there is can be said without opening it. */
export const useGrants = (person: string) =>
  useQuery({
    queryKey: grantsKey,
    queryFn: async () => (await call('listGrants', { body: { person } })).items,
  })
