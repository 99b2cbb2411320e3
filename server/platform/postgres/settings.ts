import { statfs } from 'node:fs/promises'
import { PostgresStartError } from './errors.ts'

export type PostgresSettings = Readonly<Record<string, string>>

/** Sized for a small machine that also runs the server itself. An operator may change any of these. */
const defaults: PostgresSettings = {
  max_connections: '100',
  shared_buffers: '256MB',
  wal_compression: 'on',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  // Compiling a plan costs more than the short statements of a server ever give back.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Queue and outbox tables turn over quickly; the stock thresholds let them bloat for long.
  autovacuum_naptime: '30s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_insert_scale_factor: '0.1',
}

/**
 * Promises, not preferences. Durable: what was acknowledged survives kill -9 and a power cut. Silent: no
 * statement, parameter, row or error text reaches the log. A statement's error goes to its caller and may
 * quote a value ("invalid input syntax ... "), hence log level LOG, which lies above ERROR; terse drops the
 * DETAIL that quotes keys, and the query that a crashed backend was running.
 */
const promises: PostgresSettings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  password_encryption: 'scram-sha-256',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '%m [%p] ',
  log_statement: 'none',
  log_duration: 'off',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  debug_print_parse: 'off',
  debug_print_rewritten: 'off',
  debug_print_plan: 'off',
}

export type Endpoint =
  | { readonly socketDirectory: string; readonly port: number }
  | { readonly address: string; readonly port: number }

/** As arguments of the command: they win over every file of the cluster, ALTER SYSTEM's included. */
export async function settingArguments(operator: PostgresSettings, endpoint: Endpoint): Promise<readonly string[]> {
  for (const name of Object.keys(operator)) {
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name)) {
      throw new PostgresStartError('postgres_start_failed', `"${name}" is not the name of a PostgreSQL setting.`)
    }
  }
  const all: Record<string, string> = {
    ...defaults,
    dynamic_shared_memory_type: await chooseSharedMemory(),
    ...Object.fromEntries(Object.entries(operator).map(([name, value]) => [name.toLowerCase(), value])),
    ...promises,
    ...listening(endpoint),
  }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

function listening(endpoint: Endpoint): PostgresSettings {
  const port = String(endpoint.port)
  if ('address' in endpoint) return { listen_addresses: endpoint.address, unix_socket_directories: '', port }
  // Inside double quotes PostgreSQL takes commas and blanks of a path as they are.
  const quoted = `"${endpoint.socketDirectory.replaceAll('"', '""')}"`
  return { listen_addresses: '', unix_socket_directories: quoted, unix_socket_permissions: '0700', port }
}

/** Docker gives a container 64 MB of /dev/shm, and a parallel query that outgrows it fails; files do not. */
async function chooseSharedMemory(): Promise<string> {
  if (process.platform === 'win32') return 'windows'
  if (process.platform !== 'linux') return 'posix'
  const shm = await statfs('/dev/shm').catch(() => null)
  return shm !== null && shm.bavail * shm.bsize >= 256 * 1024 * 1024 ? 'posix' : 'mmap'
}
