import { parties as wire } from '@bailee/contract'
import { type Actor, Refusal } from '#kernel'
import type { Call, HttpServer } from '#platform'
import { createAccessLink } from './actions/create-access-link.ts'
import { createClient } from './actions/create-client.ts'
import { createOrganisation } from './actions/create-organisation.ts'
import { decideApproval } from './actions/decide-approval.ts'
import { inviteStaff } from './actions/invite-staff.ts'
import { listApprovals } from './actions/list-approvals.ts'
import { listClients } from './actions/list-clients.ts'
import { listOrganisations } from './actions/list-organisations.ts'
import { openPersonSession } from './actions/open-person-session.ts'
import { registerBegin, registerFinish } from './actions/register-staff.ts'
import { requestApproval } from './actions/request-approval.ts'
import { revokeClient } from './actions/revoke-client.ts'
import { setup } from './actions/setup.ts'
import { setupBegin, setupFinish } from './actions/setup-with-passkey.ts'
import { signInBegin, signInFinish } from './actions/sign-in.ts'
import { signOut } from './actions/sign-out.ts'
import { whoAmI } from './actions/who-am-i.ts'
import type { Member, RoomDeps } from './model.ts'
import type { OpenedSession } from './sessions.ts'

/** The contract names the callers and the server has checked them; this tells the compiler, and insists. */
function member(actor: Actor): Member {
  if (actor.kind === 'client' || actor.kind === 'staff') return actor
  throw new Refusal('credentials_missing')
}

/** PostgreSQL keeps every character in a text but U+0000, so that one is refused before it gets there. */
function storable<Body>(body: Body, path = ''): Body {
  if (typeof body === 'string' && body.includes('\0'))
    throw new Refusal('schema_violation', { field: path, rule: 'must not contain U+0000' })
  if (typeof body === 'object' && body !== null)
    for (const [name, member] of Object.entries(body)) storable(member, `${path}/${name}`)
  return body
}

/** The cookie is set once the session is durable. */
function signedIn<Reply>(
  call: Pick<Call<typeof wire.signInFinish>, 'setSession'>,
  opened: { readonly reply: Reply; readonly session: OpenedSession },
): Reply {
  call.setSession(opened.session.token, opened.session.maxAgeSeconds)
  return opened.reply
}

export function mountRoutes(deps: RoomDeps, http: HttpServer): void {
  http.mount(wire.setup, (call) => setup(deps, storable(call.body)))
  http.mount(wire.setupBegin, (call) => setupBegin(deps, storable(call.body)))
  http.mount(wire.setupFinish, async (call) => signedIn(call, await setupFinish(deps, storable(call.body))))

  http.mount(wire.createOrganisation, (call) =>
    createOrganisation(deps, member(call.actor), storable(call.body), call.once),
  )
  http.mount(wire.listOrganisations, (call) => listOrganisations(deps, call.query.cursor))

  http.mount(wire.createClient, (call) => createClient(deps, member(call.actor), storable(call.body), call.once))
  http.mount(wire.listClients, (call) => listClients(deps, member(call.actor)))
  http.mount(wire.revokeClient, (call) => revokeClient(deps, member(call.actor), call.body, call.once))

  http.mount(wire.inviteStaff, (call) => inviteStaff(deps, member(call.actor), storable(call.body), call.once))
  http.mount(wire.registerBegin, (call) => registerBegin(deps, call.body))
  http.mount(wire.registerFinish, async (call) => signedIn(call, await registerFinish(deps, call.body)))
  http.mount(wire.signInBegin, () => signInBegin(deps))
  http.mount(wire.signInFinish, async (call) => signedIn(call, await signInFinish(deps, call.body)))
  http.mount(wire.signOut, async (call) => {
    const answer = await signOut(deps, call.session)
    call.clearSession()
    return answer
  })
  http.mount(wire.whoAmI, (call) => whoAmI(deps, call.actor))

  http.mount(wire.createAccessLink, (call) => createAccessLink(deps, member(call.actor), call.body))
  http.mount(wire.openPersonSession, async (call) => signedIn(call, await openPersonSession(deps, call.body)))

  http.mount(wire.requestApproval, (call) => requestApproval(deps, member(call.actor), storable(call.body), call.once))
  http.mount(wire.listApprovals, (call) => listApprovals(deps, member(call.actor)))
  http.mount(wire.decideApproval, (call) => decideApproval(deps, member(call.actor), call.body, call.once))
}
