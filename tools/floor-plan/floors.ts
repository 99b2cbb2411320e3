/**
 * The house as the floor plan knows it: which room stands on which floor. Floor 0 is the ground.
 * A room may import lower floors only. What stands under `server/` and is no room belongs to the top: the hall and its doors.
 */
export const floors = [
  ['kernel'],
  ['platform'],
  ['domains/ledger'],
  ['domains/parties'],
  ['domains/notices'],
  ['domains/vault'],
  ['domains/identity'],
  ['domains/demands', 'domains/messages', 'domains/reports', 'domains/incidents'],
  ['domains/supervision'],
] as const satisfies readonly (readonly string[])[]

export interface Room {
  /** Path from the repository's root, without a slash at the end. */
  readonly path: string
  readonly floor: number
}

export const rooms: readonly Room[] = floors.flatMap((floor, level) =>
  floor.map((name) => ({ path: `server/${name}`, floor: level })),
)

/** Files that see everything from above. Whoever adds one here makes the hall wider: think twice. */
export const hall = [
  ...['app.ts', 'main.ts', 'config.ts', 'serve.ts', 'doctor.ts', 'foundation.ts', 'sequencer-thread.ts'],
  ...['journeys', 'demo', 'ops', 'testing.ts'],
] as const

/** Below the hall: the sequencer's thread, what it shares with the main one, and starting the witness. They see the ledger, and no other room; operators' verbs likewise. */
export const sequencerWay = ['foundation.ts', 'sequencer-thread.ts', 'serve.ts', 'doctor.ts', 'ops'] as const

/** Packages beside the server. Each is entered through its `index.ts` alone. */
export const packages = [
  'proof',
  'law',
  'detect',
  'junk',
  'contract',
  'sdk',
  'cli',
  'witness',
  'web',
  'bench',
  'examples',
] as const

/** These run anywhere and depend on nothing: no npm package, no `node:`, no other room. */
export const purePackages = ['proof', 'law', 'detect', 'junk'] as const

export const faces = ['person', 'provider', 'authority', 'public'] as const

/** Everything that is inspected. A folder that does not exist yet is skipped. */
export const inspected = [...packages, 'server', 'tools'] as const

/** The room or package that a file belongs to; undefined for what lies outside the house. */
export function roomOf(file: string): string | undefined {
  const room = rooms.find(({ path }) => file.startsWith(`${path}/`))
  if (room) return room.path
  if (file.startsWith('server/')) return 'server'
  const [top] = file.split('/')
  return inspected.find((name) => name === top)
}
