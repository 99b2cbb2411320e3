import type { Receipt as ContractReceipt, keys, ledger, notices, parties, RouteShape, vault } from '@bailee/contract'
import type { Static, TSchema } from 'typebox'

/** The bases on which a purpose may rest. */
export type LegalBasis = Static<typeof notices.LegalBasis>

/** A wire shape as the SDK shows it: readonly throughout. */
export type Wire<T> = T extends readonly (infer Item)[]
  ? readonly Wire<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Wire<T[Name]> }
    : T

export type Receipt = Wire<ContractReceipt>

type RoutesOf<Room> = {
  [Name in keyof Room as Room[Name] extends RouteShape ? Room[Name]['name'] : never]: Room[Name]
}
type Routes = RoutesOf<typeof parties> &
  RoutesOf<typeof notices> &
  RoutesOf<typeof vault> &
  RoutesOf<typeof ledger> &
  RoutesOf<typeof keys>

/** A line of the table below: exactly what the contract says, and whether the act may be done twice without harm. */
type Line<R> = (R extends { method: infer M; path: infer P } ? { readonly method: M; readonly path: P } : never) &
  (R extends { idempotency: infer I } ? { readonly idempotency: I } : { readonly idempotency?: never }) & {
    readonly safe?: true
  }

/**
 * The routes that the SDK calls by name. The compiler holds each line to the contract; the contract itself, with its
 * schema library, is not loaded. `safe` marks POSTs without an Idempotency-Key that only read or sign: repeating a look
 * opens the same fields again and leaves one more ledger entry.
 */
export const routes = {
  whoAmI: { method: 'GET', path: '/v1/parties/me' },
  setup: { method: 'POST', path: '/v1/parties/setup' },
  createOrganisation: { method: 'POST', path: '/v1/parties/organisations', idempotency: 'required' },
  listOrganisations: { method: 'GET', path: '/v1/parties/organisations' },
  createClient: { method: 'POST', path: '/v1/parties/clients', idempotency: 'required' },
  listClients: { method: 'GET', path: '/v1/parties/clients' },
  revokeClient: { method: 'POST', path: '/v1/parties/clients/revoke', idempotency: 'required' },
  createAccessLink: { method: 'POST', path: '/v1/parties/persons/access-links', idempotency: 'none' },
  publishNotice: { method: 'POST', path: '/v1/notices', idempotency: 'required' },
  listNotices: { method: 'GET', path: '/v1/notices' },
  previewNotice: { method: 'POST', path: '/v1/notices/preview', idempotency: 'none', safe: true },
  diffNotice: { method: 'GET', path: '/v1/notices/:notice/diff' },
  getNotice: { method: 'GET', path: '/v1/notices/:notice' },
  takeSnapshot: { method: 'POST', path: '/v1/notices/snapshots', safe: true },
  giveConsent: { method: 'POST', path: '/v1/notices/consents', idempotency: 'required' },
  renewConsent: { method: 'POST', path: '/v1/notices/consents/renew', idempotency: 'required' },
  refuseConsent: { method: 'POST', path: '/v1/notices/consents/refuse', idempotency: 'required' },
  listConsents: { method: 'POST', path: '/v1/notices/consents/mine', idempotency: 'none', safe: true },
  withdrawConsent: { method: 'POST', path: '/v1/notices/consents/withdraw', idempotency: 'required' },
  listGrants: { method: 'POST', path: '/v1/notices/grants', idempotency: 'none', safe: true },
  collect: { method: 'POST', path: '/v1/vault/collect', idempotency: 'required' },
  collectBatch: { method: 'POST', path: '/v1/vault/collect/batch', idempotency: 'required' },
  look: { method: 'POST', path: '/v1/vault/look', idempotency: 'none', safe: true },
  lookBatch: { method: 'POST', path: '/v1/vault/look/batch', idempotency: 'none', safe: true },
  find: { method: 'POST', path: '/v1/vault/find', idempotency: 'none', safe: true },
  erase: { method: 'POST', path: '/v1/vault/erase', idempotency: 'required' },
  ledgerStatus: { method: 'GET', path: '/v1/ledger/status' },
  proveIndex: { method: 'GET', path: '/v1/ledger/proofs/:index' },
  proveEntry: { method: 'POST', path: '/v1/ledger/proofs', idempotency: 'none', safe: true },
  keysStatus: { method: 'GET', path: '/v1/keys/status' },
  rotateKeys: { method: 'POST', path: '/v1/keys/rotate', idempotency: 'none', safe: true },
  pauseRotation: { method: 'POST', path: '/v1/keys/pause', idempotency: 'none', safe: true },
  listEpochs: { method: 'GET', path: '/v1/ledger/epochs' },
} as const satisfies { readonly [Name in keyof Routes]?: Line<Routes[Name]> }

export type RouteName = keyof typeof routes
/** A route by name, or any shape of the contract. */
export type AnyRoute = RouteName | RouteShape
type ShapeOf<R extends AnyRoute> = R extends RouteName ? Routes[R] : R

export type Empty = Readonly<Record<never, never>>
type Given<S> = S extends TSchema ? Wire<Static<S>> : never
type Member<Name extends string, S> =
  Empty extends Given<S> ? { readonly [N in Name]?: Given<S> } : { readonly [N in Name]: Given<S> }
type PartOf<Shape, Name extends 'params' | 'query' | 'body'> = Shape extends { readonly [N in Name]: infer S }
  ? Member<Name, S>
  : unknown

export interface CallOptions {
  /** Made up for POSTs that need one. Give your own, kept with the work, to make a repeat after a crash harmless. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}
export type RequestOf<R extends AnyRoute> = PartOf<ShapeOf<R>, 'params'> &
  PartOf<ShapeOf<R>, 'query'> &
  PartOf<ShapeOf<R>, 'body'> &
  CallOptions
export type ReplyOf<R extends AnyRoute> = ShapeOf<R> extends { readonly reply: infer S } ? Given<S> : never
export type BodyOf<R extends AnyRoute> = ShapeOf<R> extends { readonly body: infer S } ? Given<S> : never
