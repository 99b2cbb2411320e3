import type { notices } from '@bailee/contract'
import type { Static } from 'typebox'
import type { Wire } from './routes.ts'

/** A published collection rule, as the contract has it, readonly. */
export type NoticeDraft = Wire<Static<typeof notices.NoticeDraft>>
export type Notice = Wire<Static<typeof notices.Notice>>

/** Keeps the literal names of purposes and fields, from which the types of every look follow. */
export const defineNotice = <const N extends NoticeDraft>(notice: N): N => notice

export type PurposeOf<N extends NoticeDraft> = N['purposes'][number]['id']

type Stated<N extends NoticeDraft> = N['purposes'][number]
type IdOf<P> = P extends { readonly id: infer Id extends string } ? Id : never
/** Purposes that may be agreed to together: all but those that need separate consent. */
export type TogetherOf<N extends NoticeDraft> = IdOf<
  Stated<N> extends infer P ? (P extends { readonly basis: 'separate-consent' } ? never : P) : never
>
type WithBasis<P, Basis> = P extends { readonly basis: infer B } ? (Extract<B, Basis> extends never ? never : P) : never
/** Purposes that a person agrees to, and may agree to by themselves. */
export type ConsentedOf<N extends NoticeDraft> = IdOf<WithBasis<Stated<N>, 'consent' | 'separate-consent'>>
/** Purposes that need no consent: the person is told. */
export type ToldOf<N extends NoticeDraft> = IdOf<
  WithBasis<Stated<N>, 'contract' | 'legal-duty' | 'vital-interest' | 'public-task'>
>

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
