import type { Query, Tx } from '../db/database.ts'

export interface RotationState {
  readonly epoch: number
  readonly state: 'rewrapping' | 'waiting' | 'finished'
  readonly rewrapper: string | null
  readonly after: string | null
  readonly expected: number
  readonly seen: number
  readonly rewrapped: number
  /** Were being changed by somebody else; taken up in another pass. */
  readonly skipped: number
  /** Do not open, and hold their key back until their person corrects or erases them. */
  readonly damaged: number
  readonly destroyed: number
  readonly destroying: readonly { readonly epoch: number; readonly ids: readonly string[] }[]
  readonly startedAt: Date
  readonly movedAt: Date
  readonly finishedAt: Date | null
  /** It was finished less than a day ago. */
  readonly isFresh: boolean
  /** Some server of the installation is at it. */
  readonly isHeld: boolean
}

export const rotationLock = 'bailee/key-rotation'
export async function readRotation(db: Query): Promise<RotationState | undefined> {
  return (
    await db.query<RotationState>({
      name: 'rotation/read',
      text: `select epoch, state, rewrapper, after, expected, seen, rewrapped, skipped, damaged, destroyed, destroying,
        started_at as "startedAt", moved_at as "movedAt", finished_at as "finishedAt",
        coalesce(finished_at > now() - interval '20 hours', false) as "isFresh",
        exists (select from pg_locks where locktype = 'advisory' and objsubid = 1 and granted
          and database = (select oid from pg_database where datname = current_database())
          and (classid::bigint << 32 | objid::bigint) = hashtext('${rotationLock}')::bigint) as "isHeld" from platform.key_rotation`,
    })
  )[0]
}
export async function startRotation(db: Query, epoch: number, expected: number): Promise<RotationState> {
  await db.query({
    name: 'rotation/start',
    text: `insert into platform.key_rotation as r (epoch, state, expected) values ($1, 'rewrapping', $2)
      on conflict (single) do update set epoch = $1, state = 'rewrapping', expected = $2, rewrapper = null, after = null, seen = 0,
        rewrapped = 0, skipped = 0, damaged = 0, destroyed = case when r.epoch = $1 then r.destroyed else 0 end,
        started_at = now(), moved_at = now(), finished_at = null`,
    values: [epoch, expected],
  })
  return (await readRotation(db))!
}
export async function saveProgress(
  db: Query,
  at: Pick<RotationState, 'state'> &
    Partial<Pick<RotationState, 'rewrapper' | 'after' | 'seen' | 'rewrapped' | 'skipped' | 'damaged'>>,
): Promise<void> {
  await db.query({
    name: 'rotation/progress',
    text: `update platform.key_rotation set state = $1, rewrapper = $2, after = $3, seen = coalesce($4, seen), rewrapped = coalesce($5, rewrapped),
      skipped = coalesce($6, skipped), damaged = coalesce($7, damaged), moved_at = now(), finished_at = case when $1 = 'finished' then now() end`,
    values: [
      at.state,
      at.rewrapper ?? null,
      at.after ?? null,
      at.seen ?? null,
      at.rewrapped ?? null,
      at.skipped ?? null,
      at.damaged ?? null,
    ],
  })
}
export async function saveDestroying(db: Query, destroying: RotationState['destroying']): Promise<void> {
  await db.query({
    name: 'rotation/destroying',
    text: 'update platform.key_rotation set destroying = $1, moved_at = now()',
    values: [JSON.stringify(destroying)],
  })
}
/** False when another server has ended this destruction, with its leaves. */
export async function saveDestroyed(tx: Tx, keys: number): Promise<boolean> {
  const rows = await tx.query({
    name: 'rotation/destroyed',
    text: `update platform.key_rotation set destroying = '[]', destroyed = destroyed + $1, moved_at = now() where destroying <> '[]' returning 1`,
    values: [keys],
  })
  return rows.length === 1
}
