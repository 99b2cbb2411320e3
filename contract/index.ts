/** The wire: schemas, routes and error codes, one file a room. Types, validation, SDK and OpenAPI all come from here. */
import * as demands from './demands.ts'
import * as keys from './keys.ts'
import * as ledger from './ledger.ts'
import * as notices from './notices.ts'
import * as parties from './parties.ts'
import type { RouteShape } from './route.ts'
import * as vault from './vault.ts'

export * from './common.ts'
export { type ErrorCode, errorCatalogue } from './errors.ts'
export { openApiDocument } from './openapi.ts'
export { type Ability, abilities, type Caller, type RouteShape } from './route.ts'
export { demands, keys, ledger, notices, parties, vault }

const isRoute = (value: unknown): value is RouteShape =>
  typeof value === 'object' && value !== null && 'path' in value && 'reply' in value

/** Every route of every room, for OpenAPI, documentation and tests. */
export const allRoutes: readonly RouteShape[] = [parties, notices, vault, ledger, keys, demands].flatMap((room) =>
  Object.values(room as Record<string, unknown>).filter(isRoute),
)
