import Type from 'typebox'
import { Base64, Cursor, EntryId, Instant, PersonId, Receipt } from './common.ts'
import { route } from './route.ts'

const closed = { additionalProperties: false } as const
export const Disclosure = Type.Object({
  count: Type.Integer(),
  disclosed: Type.Array(
    Type.Object({ index: Type.Integer(), name: Type.String(), value: Type.Unknown(), salt: Base64 }),
  ),
  hashes: Type.Array(Base64, { description: 'of the fields not disclosed, in order' }),
})
/** One thing that somebody did with my information. `index` is null until the sequencer has placed it. */
export const PersonEntry = Type.Object({
  entry: EntryId,
  n: Type.Union([Type.Integer(), Type.Null()], { description: 'place in the person’s own chain' }),
  index: Type.Union([Type.Integer(), Type.Null()], { description: 'leaf index in the ledger' }),
  at: Instant,
  kind: Type.String({ description: 'look, collect, consent, withdraw, find, erase, ...' }),
  fields: Type.Record(Type.String(), Type.Unknown(), {
    description: 'the opened body: actor, purpose, fields, outcome, ...',
  }),
})
/** All that is needed to check an entry without trusting the server. */
export const EntryProof = Type.Object({
  entry: EntryId,
  index: Type.Integer(),
  leaf: Base64,
  proof: Type.String({ description: 'c2sp.org/tlog-proof@v1, with a cosigned checkpoint' }),
  disclosure: Disclosure,
})
export const WitnessState = Type.Object({
  name: Type.String(),
  vkeys: Type.Array(Type.String()),
  url: Type.Union([Type.String(), Type.Null()]),
  size: Type.Union([Type.Integer(), Type.Null()]),
  seenAt: Type.Union([Instant, Type.Null()]),
  reachable: Type.Boolean(),
})

export const ledgerStatus = route({
  name: 'ledgerStatus',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/status',
  callers: ['anyone'],
  reply: Type.Object({
    origin: Type.String(),
    vkeys: Type.Array(Type.String()),
    policy: Type.String(),
    serverKey: Type.String({ description: 'raw Ed25519 key, base64, of consent receipts and notice snapshots' }),
    size: Type.Integer(),
    root: Base64,
    checkpoint: Type.String(),
    checkpointAt: Instant,
    backlog: Type.Integer({ description: 'entries promised and not yet sequenced' }),
    lagSeconds: Type.Number(),
    behind: Type.Boolean(),
    witnesses: Type.Array(WitnessState),
    epoch: Type.Integer(),
    epochEndsAt: Instant,
  }),
  errors: ['unavailable'],
  summary: 'The ledger’s present state',
  summaryZh: '账本当前状态',
})
export const proveIndex = route({
  name: 'proveIndex',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/proofs/:index',
  callers: ['anyone'],
  params: Type.Object({ index: Type.Integer({ minimum: 0 }) }),
  reply: Type.Object({ index: Type.Integer(), leaf: Base64, proof: Type.String() }),
  errors: ['index_out_of_range'],
  summary: 'Inclusion proof of any leaf, against the latest witnessed checkpoint',
  summaryZh: '任一叶子的包含证明',
})
export const proveConsistency = route({
  name: 'proveConsistency',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/consistency',
  callers: ['anyone'],
  query: Type.Object({ from: Type.Integer({ minimum: 1 }), to: Type.Integer({ minimum: 1 }) }, closed),
  reply: Type.Object({ from: Type.Integer(), to: Type.Integer(), proof: Type.Array(Base64) }),
  errors: ['index_out_of_range'],
  summary: 'That a later ledger only grew out of an earlier one',
  summaryZh: '证明后来的账本只是在先前账本上增长',
})
export const myEntries = route({
  name: 'myEntries',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/me/entries',
  callers: ['person'],
  query: Type.Object({ cursor: Type.Optional(Cursor) }, closed),
  reply: Type.Object({
    items: Type.Array(PersonEntry),
    next: Type.Union([Cursor, Type.Null()]),
    total: Type.Integer(),
  }),
  errors: ['seal_broken', 'cursor_malformed'],
  summary: 'Who looked: everything logged about me, newest first',
  summaryZh: '谁看过：关于我的全部留痕，最新在前',
  article: '2',
})
export const listActs = route({
  name: 'listActs',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/acts',
  callers: ['client', 'staff'],
  ability: 'administer',
  query: Type.Object(
    {
      actor: Type.Optional(Type.String({ pattern: '^(cli|stf)_[0-9a-f]{32}$', description: 'only what this one did' })),
      before: Type.Optional(Type.Integer({ minimum: 1, description: 'leaf index; what stands before it' })),
    },
    closed,
  ),
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        entry: EntryId,
        index: Type.Integer(),
        at: Instant,
        kind: Type.String(),
        person: PersonId,
        actor: Type.Object({ kind: Type.String(), id: Type.String() }),
        fields: Type.Record(Type.String(), Type.Unknown()),
      }),
    ),
    next: Type.Union([Type.Integer({ description: 'go on before this leaf index' }), Type.Null()]),
  }),
  errors: [],
  summary: 'What my own staff and keys did, newest first: which fields of whom, for what; never a value',
  summaryZh: '本机构员工与密钥的操作（最新在前）：查看了谁的哪些信息、为何目的；不含信息内容',
  article: '3',
})
export const myProof = route({
  name: 'myProof',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/me/entries/:entry/proof',
  callers: ['person'],
  params: Type.Object({ entry: EntryId }),
  reply: EntryProof,
  errors: ['entry_unknown', 'entry_pending'],
  summary: 'Proof and opening of one of my entries',
  summaryZh: '我的某一条目的证明与开启材料',
  article: '2',
})
export const proveEntry = route({
  name: 'proveEntry',
  room: 'ledger',
  method: 'POST',
  path: '/v1/ledger/proofs',
  callers: ['client'],
  idempotency: 'none',
  body: Type.Object({ person: PersonId, entry: EntryId }, closed),
  reply: EntryProof,
  errors: ['entry_unknown', 'entry_pending'],
  summary: 'Proof and opening of an entry that this organisation made',
  summaryZh: '本组织所产生条目的证明与开启材料',
})
export const myMonitor = route({
  name: 'myMonitor',
  room: 'ledger',
  method: 'POST',
  path: '/v1/ledger/me/monitor',
  callers: ['person'],
  idempotency: 'none',
  body: Type.Object({}, closed),
  reply: Type.Object({
    n: Type.Integer({ description: 'how many entries my chain has' }),
    key: Base64,
    tags: Type.Array(Type.Object({ n: Type.Integer(), tag: Base64, index: Type.Integer() })),
  }),
  errors: [],
  summary: 'My chain: the key from which my next tags can be computed, and the latest tags',
  summaryZh: '我的标签链：可推算后续标签的密钥及最近标签',
})
export const chainStart = route({
  name: 'chainStart',
  room: 'ledger',
  method: 'POST',
  path: '/v1/ledger/me/chain-start',
  callers: ['person'],
  idempotency: 'required',
  body: Type.Object({}, closed),
  reply: Type.Object({
    v: Type.Literal(1),
    n: Type.Integer({ description: 'place of the first entry that the key finds: 0 for the whole chain' }),
    key: Base64,
    known: Type.Integer({ description: 'how many entries the chain has now; this hand-out makes one more' }),
    policy: Type.String(),
    checkpoint: Type.String(),
    receipt: Receipt,
  }),
  errors: ['entry_pending', 'unavailable'],
  summary:
    'The key from which all my tags follow, for bailee audit. Whoever has it can link my entries: keep it secret',
  summaryZh: '可推算我全部标签的密钥，供 bailee audit 使用。持有者可关联我的条目，请妥善保密',
  article: '2',
})
export const listEpochs = route({
  name: 'listEpochs',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/epochs',
  callers: ['anyone'],
  reply: Type.Object({
    items: Type.Array(
      Type.Object({
        epoch: Type.Integer(),
        firstIndex: Type.Integer(),
        endIndex: Type.Integer(),
        tags: Type.Integer(),
        root: Base64,
        leafIndex: Type.Union([Type.Integer(), Type.Null()]),
        closedAt: Instant,
      }),
    ),
  }),
  errors: [],
  summary: 'Closed epochs and the roots of their tag indexes',
  summaryZh: '已关闭的时期及其标签索引根',
})
/** A tag, where it stands in the sorted index of its epoch, and the hashes that prove it. */
export const TagProof = Type.Object({
  tag: Base64,
  index: Type.Integer(),
  position: Type.Integer(),
  path: Type.Array(Base64),
})

export const epochBucket = route({
  name: 'epochBucket',
  room: 'ledger',
  method: 'GET',
  path: '/v1/ledger/epochs/:epoch/buckets/:prefix',
  callers: ['anyone'],
  params: Type.Object({ epoch: Type.Integer({ minimum: 0 }), prefix: Type.String({ pattern: '^[0-9a-f]{1,4}$' }) }),
  reply: Type.Object({
    epoch: Type.Integer(),
    size: Type.Integer(),
    root: Base64,
    proofs: Type.Array(TagProof, {
      description: 'every tag with the prefix, and its neighbour on either side, in order',
    }),
  }),
  errors: ['epoch_unknown'],
  summary: 'All tags with a prefix, and their two neighbours, so that nobody learns which tag was wanted',
  summaryZh: '某前缀的全部标签及两侧相邻标签，避免暴露所查标签',
})
