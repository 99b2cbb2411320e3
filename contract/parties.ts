import Type from 'typebox'
import {
  ApprovalId,
  Base64,
  Bilingual,
  ClientId,
  Cursor,
  EntryId,
  Instant,
  OrganisationId,
  PersonId,
  Slug,
  StaffId,
} from './common.ts'
import { route } from './route.ts'

export const OrganisationKind = Type.Union([
  Type.Literal('provider'),
  Type.Literal('authority'),
  Type.Literal('identity-service'),
  Type.Literal('recipient'),
])
export const AuthorityLevel = Type.Union([
  Type.Literal('national'),
  Type.Literal('province'),
  Type.Literal('city'),
  Type.Literal('district'),
])
/** The same list as `abilities` in route.ts; a test keeps them equal. */
export const Ability = Type.Union([
  Type.Literal('administer'),
  Type.Literal('publish'),
  Type.Literal('consent'),
  Type.Literal('collect'),
  Type.Literal('look'),
  Type.Literal('find'),
  Type.Literal('erase'),
  Type.Literal('approve'),
])

export const Organisation = Type.Object({
  id: OrganisationId,
  kind: OrganisationKind,
  name: Bilingual,
  area: Type.Union([Type.String(), Type.Null()]),
  level: Type.Union([AuthorityLevel, Type.Null()]),
  createdAt: Instant,
})
export const Client = Type.Object({
  id: ClientId,
  organisation: OrganisationId,
  name: Type.String(),
  abilities: Type.Array(Ability),
  purposes: Type.Array(Slug),
  createdAt: Instant,
  revokedAt: Type.Union([Instant, Type.Null()]),
})
export const Staff = Type.Object({
  id: StaffId,
  organisation: OrganisationId,
  displayName: Type.String(),
  abilities: Type.Array(Ability),
  purposes: Type.Array(Slug),
  createdAt: Instant,
})
export const Approval = Type.Object({
  id: ApprovalId,
  act: Slug,
  subject: Type.String({ maxLength: 200, description: 'id of what the act is about' }),
  reason: Type.String(),
  state: Type.Union([
    Type.Literal('waiting'),
    Type.Literal('approved'),
    Type.Literal('declined'),
    Type.Literal('used'),
    Type.Literal('expired'),
  ]),
  requestedBy: Type.String(),
  decidedBy: Type.Union([Type.String(), Type.Null()]),
  expiresAt: Instant,
})

const organisationDraft = {
  kind: OrganisationKind,
  name: Bilingual,
  area: Type.Optional(Type.String({ pattern: '^[0-9]{2,6}$', description: 'GB/T 2260 area code' })),
  level: Type.Optional(AuthorityLevel),
}
const token = Type.String({ minLength: 20, maxLength: 200, pattern: '^[A-Za-z0-9_-]+$' })
const displayName = Type.String({ minLength: 1, maxLength: 80 })
const credential = Type.Record(Type.String(), Type.Unknown(), {
  description: 'the WebAuthn credential in its JSON form',
})
const options = Type.Record(Type.String(), Type.Unknown(), { description: 'WebAuthn options in their JSON form' })
const closed = { additionalProperties: false } as const

export const setup = route({
  name: 'setup',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/setup',
  callers: ['anyone'],
  status: 201,
  body: Type.Object(
    { token, organisation: Type.Object(organisationDraft, closed), client: Type.Object({ name: displayName }, closed) },
    closed,
  ),
  reply: Type.Object({ organisation: Organisation, client: Client, key: Type.String() }),
  errors: ['setup_closed', 'setup_token_invalid'],
  summary: 'Completes set-up with a machine key for automation',
  summaryZh: '以机器密钥完成初始化（用于自动化）',
})
export const setupBegin = route({
  name: 'setupBegin',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/setup/passkey/begin',
  callers: ['anyone'],
  body: Type.Object({ token, displayName }, closed),
  reply: Type.Object({ ceremony: Type.String(), options }),
  errors: ['setup_closed', 'setup_token_invalid'],
  summary: 'Begins set-up with the first administrator’s passkey',
  summaryZh: '以首位管理员的通行密钥开始初始化',
})
export const setupFinish = route({
  name: 'setupFinish',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/setup/passkey/finish',
  callers: ['anyone'],
  status: 201,
  body: Type.Object(
    { token, ceremony: token, organisation: Type.Object(organisationDraft, closed), credential },
    closed,
  ),
  reply: Type.Object({ organisation: Organisation, staff: Staff }),
  errors: ['setup_closed', 'setup_token_invalid', 'passkey_invalid'],
  summary: 'Completes set-up and signs the first administrator in',
  summaryZh: '完成初始化并让首位管理员登录',
})
export const createOrganisation = route({
  name: 'createOrganisation',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/organisations',
  callers: ['client', 'staff'],
  ability: 'administer',
  idempotency: 'required',
  status: 201,
  body: Type.Object({ ...organisationDraft, client: Type.Object({ name: displayName }, closed) }, closed),
  reply: Type.Object({
    organisation: Organisation,
    client: Client,
    key: Type.String({ description: 'administrator’s machine key of the new organisation, shown once' }),
  }),
  errors: [],
  summary: 'Registers another organisation on this server',
  summaryZh: '在此服务器上登记另一组织',
})
export const listOrganisations = route({
  name: 'listOrganisations',
  room: 'parties',
  method: 'GET',
  path: '/v1/parties/organisations',
  callers: ['anyone'],
  query: Type.Object({ cursor: Type.Optional(Cursor) }),
  reply: Type.Object({ items: Type.Array(Organisation), next: Type.Union([Cursor, Type.Null()]) }),
  errors: ['cursor_malformed'],
  summary: 'The organisations on this server',
  summaryZh: '此服务器上的组织',
})
export const createClient = route({
  name: 'createClient',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/clients',
  callers: ['client', 'staff'],
  ability: 'administer',
  idempotency: 'required',
  status: 201,
  body: Type.Object(
    {
      name: displayName,
      abilities: Type.Array(Ability, { maxItems: 8, uniqueItems: true }),
      purposes: Type.Array(Slug, { maxItems: 50, uniqueItems: true }),
    },
    closed,
  ),
  reply: Type.Object({ client: Client, key: Type.String({ description: 'shown once' }) }),
  errors: ['approval_needed'],
  summary: 'Makes a machine client whose key is bound to purposes',
  summaryZh: '创建密钥绑定目的的机器客户端',
})
export const listClients = route({
  name: 'listClients',
  room: 'parties',
  method: 'GET',
  path: '/v1/parties/clients',
  callers: ['client', 'staff'],
  ability: 'administer',
  reply: Type.Object({ items: Type.Array(Client) }),
  errors: [],
  summary: 'This organisation’s machine clients',
  summaryZh: '本组织的机器客户端',
})
export const revokeClient = route({
  name: 'revokeClient',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/clients/revoke',
  callers: ['client', 'staff'],
  ability: 'administer',
  idempotency: 'required',
  body: Type.Object({ client: ClientId }, closed),
  reply: Type.Object({ client: Client }),
  errors: ['client_unknown'],
  summary: 'Revokes a machine client at once',
  summaryZh: '立即吊销机器客户端',
})
export const inviteStaff = route({
  name: 'inviteStaff',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/staff/invitations',
  callers: ['client', 'staff'],
  ability: 'administer',
  idempotency: 'required',
  status: 201,
  body: Type.Object(
    {
      displayName,
      abilities: Type.Array(Ability, { maxItems: 8, uniqueItems: true }),
      purposes: Type.Array(Slug, { maxItems: 50, uniqueItems: true }),
      approval: Type.Optional(ApprovalId),
    },
    closed,
  ),
  reply: Type.Object({
    invitation: Type.String({ description: 'one-time token; goes behind # in the link, so it is in no log' }),
    expiresAt: Instant,
  }),
  errors: ['approval_needed', 'approval_expired'],
  summary: 'Invites a member of staff',
  summaryZh: '邀请工作人员',
})
export const registerBegin = route({
  name: 'registerBegin',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/staff/register/begin',
  callers: ['anyone'],
  body: Type.Object({ invitation: token }, closed),
  reply: Type.Object({ ceremony: Type.String(), options, displayName: Type.String() }),
  errors: ['link_invalid'],
  summary: 'Begins registering an invited person’s passkey',
  summaryZh: '开始登记受邀人员的通行密钥',
})
export const registerFinish = route({
  name: 'registerFinish',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/staff/register/finish',
  callers: ['anyone'],
  status: 201,
  body: Type.Object({ invitation: token, ceremony: token, credential }, closed),
  reply: Type.Object({ staff: Staff }),
  errors: ['link_invalid', 'passkey_invalid'],
  summary: 'Registers the passkey and signs in',
  summaryZh: '登记通行密钥并登录',
})
export const signInBegin = route({
  name: 'signInBegin',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/staff/sign-in/begin',
  callers: ['anyone'],
  body: Type.Object({}, closed),
  reply: Type.Object({ ceremony: Type.String(), options }),
  errors: [],
  summary: 'Begins a passkey sign-in',
  summaryZh: '开始通行密钥登录',
})
export const signInFinish = route({
  name: 'signInFinish',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/staff/sign-in/finish',
  callers: ['anyone'],
  body: Type.Object({ ceremony: token, credential }, closed),
  reply: Type.Object({ staff: Staff }),
  errors: ['link_invalid', 'passkey_invalid'],
  summary: 'Signs a member of staff in',
  summaryZh: '工作人员登录',
})
export const signOut = route({
  name: 'signOut',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/sign-out',
  callers: ['anyone'],
  body: Type.Object({}, closed),
  reply: Type.Object({ signedOut: Type.Literal(true) }),
  errors: [],
  summary: 'Ends the session',
  summaryZh: '退出登录',
})
export const whoAmI = route({
  name: 'whoAmI',
  room: 'parties',
  method: 'GET',
  path: '/v1/parties/me',
  callers: ['client', 'staff', 'person', 'anyone'],
  reply: Type.Object({
    kind: Type.Union([Type.Literal('client'), Type.Literal('staff'), Type.Literal('person'), Type.Literal('anyone')]),
    organisation: Type.Union([Organisation, Type.Null()]),
    id: Type.Union([Type.String(), Type.Null()]),
    displayName: Type.Union([Type.String(), Type.Null()]),
    abilities: Type.Array(Ability),
    purposes: Type.Array(Slug),
    setupNeeded: Type.Boolean(),
  }),
  errors: [],
  summary: 'Who the caller is',
  summaryZh: '当前调用者是谁',
})
export const createAccessLink = route({
  name: 'createAccessLink',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/persons/access-links',
  callers: ['client'],
  ability: 'consent',
  idempotency: 'none',
  status: 201,
  body: Type.Object({ person: PersonId }, closed),
  reply: Type.Object({
    token: Type.String(),
    path: Type.String({ description: 'portal path with the token behind #' }),
    expiresAt: Instant,
  }),
  errors: ['person_unknown'],
  summary: 'A one-time link that the provider hands to the person',
  summaryZh: '由提供者交给本人的一次性链接',
  article: '2',
})
export const openPersonSession = route({
  name: 'openPersonSession',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/persons/sessions',
  callers: ['anyone'],
  status: 201,
  body: Type.Object({ token }, closed),
  reply: Type.Object({ person: PersonId, organisation: Organisation, expiresAt: Instant }),
  errors: ['link_invalid'],
  summary: 'Exchanges the link’s token for the person’s session cookie',
  summaryZh: '以链接令牌换取本人的会话',
})
export const requestApproval = route({
  name: 'requestApproval',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/approvals',
  callers: ['staff', 'client'],
  ability: 'approve',
  idempotency: 'required',
  status: 201,
  body: Type.Object(
    {
      act: Slug,
      subject: Type.String({ minLength: 1, maxLength: 200 }),
      reason: Type.String({ minLength: 3, maxLength: 500 }),
    },
    closed,
  ),
  reply: Type.Object({ approval: Approval }),
  errors: [],
  summary: 'Asks a second person to approve a dangerous act',
  summaryZh: '请第二人审批高风险操作',
})
export const listApprovals = route({
  name: 'listApprovals',
  room: 'parties',
  method: 'GET',
  path: '/v1/parties/approvals',
  callers: ['staff', 'client'],
  ability: 'approve',
  reply: Type.Object({ items: Type.Array(Approval) }),
  errors: [],
  summary: 'Approvals of this organisation',
  summaryZh: '本组织的审批',
})
export const decideApproval = route({
  name: 'decideApproval',
  room: 'parties',
  method: 'POST',
  path: '/v1/parties/approvals/decide',
  callers: ['staff', 'client'],
  ability: 'approve',
  idempotency: 'required',
  body: Type.Object(
    { approval: ApprovalId, decision: Type.Union([Type.Literal('approve'), Type.Literal('decline')]) },
    closed,
  ),
  reply: Type.Object({ approval: Approval, entry: EntryId }),
  errors: ['approval_unknown', 'approval_same_person', 'approval_expired'],
  summary: 'Approves or declines; never one’s own request',
  summaryZh: '同意或拒绝；不得审批自己的请求',
})
export { Base64 }
