import { createLog, KeyProviderError, MigrationError, migrate, PostgresStartError } from '#platform'
import { migrations, recordCeremony, StartRefused } from './app.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { openConnections, type Running, serve } from './serve.ts'

/** The verbs of the server: serve, migrate, demo, doctor, backup, restore, keys. */
const started = performance.now()

const explain = (error: unknown): string | undefined => {
  if (
    error instanceof ConfigError ||
    error instanceof StartRefused ||
    error instanceof MigrationError ||
    error instanceof KeyProviderError
  )
    return error.message
  if (error instanceof PostgresStartError) return `${error.message} (${error.code})`
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return 'The port is in use. Set BAILEE_PORT to another one.'
  return undefined
}

function stopOnSignals(running: Running, log: ReturnType<typeof createLog>): void {
  let stopping = false
  const stop = (signal: string) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'stopping')
    // Give up waiting rather than hang for ever; nothing acknowledged depends on a clean end.
    setTimeout(() => process.exit(1), 20_000).unref()
    running.stop().then(() => process.exit(0))
  }
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('SIGTERM', () => stop('SIGTERM'))
}

async function serveVerb(config: Config): Promise<void> {
  const log = createLog(config.logLevel)
  const running = await serve(config, log, {
    onFailure: (why) => {
      log.fatal({ why }, 'stopping: nothing is served without it')
      process.exitCode = 1
      setTimeout(() => process.exit(1), 10_000).unref()
      void running.stop().then(() => process.exit(1))
    },
  })
  stopOnSignals(running, log)
  log.info({ address: running.address, milliseconds: Math.round(performance.now() - started) }, 'serving')
  const token = await running.app.parties.ensureSetupLink()
  // On a terminal only for whoever started us: the token stands behind #, and in no log file.
  if (token !== undefined)
    process.stderr.write(
      `\n  Set up this server (the link works once) · 初始化此服务器（链接仅可使用一次）:\n  ${new URL('/provider/setup', config.publicUrl)}#token=${token}\n\n`,
    )
}

async function migrateVerb(config: Config): Promise<void> {
  const log = createLog(config.logLevel)
  const { connections, postgres } = await openConnections(config, log, () => {})
  await migrate(connections.main, migrations, (line) => log.info(line)).finally(() => postgres?.stop())
}

const verbs: Record<string, (args: readonly string[]) => Promise<void>> = {
  serve: () => serveVerb(readConfig(process.env)),
  migrate: () => migrateVerb(readConfig(process.env)),
  demo: async (args) => (await import('./demo/demo.ts')).demo(args, process.env),
  doctor: async () => (await import('./doctor.ts')).doctor(readConfig(process.env)),
  backup: async (args) => (await import('./ops/backup.ts')).backup(readConfig(process.env), args),
  keys: async (args) => (await import('./ops/key-verbs.ts')).keyVerbs(readConfig(process.env), args, recordCeremony),
  restore: async (args) => (await import('./ops/restore.ts')).restore(readConfig(process.env), args),
}

const [verb = 'serve', ...args] = process.argv.slice(2)
const run = verbs[verb]
if (!run) {
  process.stderr.write(`bailee: ${Object.keys(verbs).join(', ')}\n`)
  process.exit(2)
}
try {
  await run(args)
} catch (error) {
  const words = explain(error)
  process.stderr.write(`${words ?? (error instanceof Error ? (error.stack ?? error.message) : 'failed')}\n`)
  process.exit(1)
}
