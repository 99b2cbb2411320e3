import { join } from 'node:path'
import type { RoomMigrations } from './db/migrate.ts'

export const platformMigrations: RoomMigrations = { room: 'platform', folder: join(import.meta.dirname, 'migrations') }
