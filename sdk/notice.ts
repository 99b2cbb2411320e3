import type { notices } from '@bailee/contract'
import type { Static } from 'typebox'
import type { Wire } from './routes.ts'

/** A published collection rule, as the contract has it, readonly. */
export type NoticeDraft = Wire<Static<typeof notices.NoticeDraft>>
export type Notice = Wire<Static<typeof notices.Notice>>

/** Keeps the literal names of purposes and fields, from which the types of every look follow. */
export const defineNotice = <const N extends NoticeDraft>(notice: N): N => notice

export type PurposeOf<N extends NoticeDraft> = N['purposes'][number]['id']

type Category<N extends NoticeDraft> = N['categories'][number]

/** Every field that the notice covers. */
export type FieldOf<N extends NoticeDraft> = Category<N>['fields'][number]['name']

type AllowedFor<C, P extends string> = C extends { readonly purposes: readonly (infer Q)[] }
  ? [P] extends [Q]
    ? C
    : never
  : never

/** The fields whose category lists the purpose. */
export type FieldFor<N extends NoticeDraft, P extends string> =
  AllowedFor<Category<N>, P> extends { readonly fields: readonly (infer F)[] }
    ? F extends { readonly name: infer Name extends string }
      ? Name
      : never
    : never

/** Of those, the ones that may be found by equality. */
export type SearchableFor<N extends NoticeDraft, P extends string> =
  AllowedFor<Category<N>, P> extends { readonly fields: readonly (infer F)[] }
    ? F extends { readonly name: infer Name extends string; readonly search: true }
      ? Name
      : never
    : never
