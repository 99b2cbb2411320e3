import { useQuery } from '@tanstack/react-query'
import { call } from './api.ts'

export const sessionKey = ['who-am-i']
/** Who the server takes us for, by the cookie that no script can read. */
export const useSession = (enabled = true) =>
  useQuery({ queryKey: sessionKey, queryFn: () => call('whoAmI', {}), enabled })
