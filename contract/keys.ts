import Type from 'typebox'
import { Instant } from './common.ts'
import { route } from './route.ts'

/** Key life, for the administrators of the organisation that set the server up: they look after the installation. */
export const KeysStatus = Type.Object({
  epoch: Type.Integer({ description: 'the present one: spans of 30 days since 1970' }),
  epochEndsAt: Instant,
  oldKeys: Type.Integer({ description: 'keys of ended epochs that are not destroyed yet' }),
  oldestEpoch: Type.Union([Type.Integer(), Type.Null()]),
  /** When the oldest of them is to be destroyed at the latest. */
  dueAt: Type.Union([Instant, Type.Null()]),
  backupDays: Type.Integer({ description: 'how long a backup of the key store is kept at most' }),
  running: Type.Boolean({ description: 'some server of the installation is at it' }),
  rotation: Type.Union([
    Type.Object({
      epoch: Type.Integer(),
      state: Type.Union([Type.Literal('rewrapping'), Type.Literal('waiting'), Type.Literal('finished')]),
      expected: Type.Integer(),
      seen: Type.Integer(),
      rewrapped: Type.Integer(),
      skipped: Type.Integer(),
      damaged: Type.Integer(),
      destroyed: Type.Integer(),
      startedAt: Instant,
      movedAt: Instant,
      finishedAt: Type.Union([Instant, Type.Null()]),
    }),
    Type.Null(),
  ]),
})
const errors = ['ability_missing'] as const

export const keysStatus = route({
  name: 'keysStatus',
  room: 'keys',
  method: 'GET',
  path: '/v1/keys/status',
  callers: ['client', 'staff'],
  ability: 'administer',
  reply: KeysStatus,
  errors,
  summary: 'Old epoch keys and how far the rotation has come',
  summaryZh: '旧时期密钥及轮换进度',
  article: '4',
})
export const rotateKeys = route({
  name: 'rotateKeys',
  room: 'keys',
  method: 'POST',
  path: '/v1/keys/rotate',
  callers: ['client', 'staff'],
  ability: 'administer',
  // Starting what runs, or what is done, does nothing.
  idempotency: 'none',
  body: Type.Object(
    { rate: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'wraps a second at most' })) },
    { additionalProperties: false },
  ),
  reply: KeysStatus,
  status: 202,
  errors,
  summary: 'Starts or resumes the rotation',
  summaryZh: '开始或继续密钥轮换',
  article: '4',
})
export const pauseRotation = route({
  name: 'pauseRotation',
  room: 'keys',
  method: 'POST',
  path: '/v1/keys/pause',
  callers: ['client', 'staff'],
  ability: 'administer',
  idempotency: 'none',
  body: Type.Object({}, { additionalProperties: false }),
  reply: KeysStatus,
  errors,
  summary: 'Pauses the rotation; it goes on within the hour, or when it is started',
  summaryZh: '暂停密钥轮换；一小时内或再次启动时继续',
  article: '4',
})
