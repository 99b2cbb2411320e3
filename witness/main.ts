// bailee-witness: one small process that remembers the last checkpoint of each log and cosigns only what extends it.
import { existsSync, readFileSync } from 'node:fs'
import { parseLogs, startWitness } from './index.ts'

const { env } = process

function required(name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`${name} is not set`)
  return value
}

async function main(): Promise<void> {
  const logs = required('BAILEE_WITNESS_LOGS')
  const witness = await startWitness({
    directory: required('BAILEE_WITNESS_DIR'),
    name: required('BAILEE_WITNESS_NAME'),
    // Either the path of a file or the lines themselves.
    logs: parseLogs(existsSync(logs) ? readFileSync(logs, 'utf8') : logs),
    host: env.BAILEE_WITNESS_HOST || '127.0.0.1',
    port: portOf(env.BAILEE_WITNESS_PORT || '0'),
    onSuspicion: (suspicion) => console.error(JSON.stringify({ event: 'suspicion', ...suspicion })),
  })

  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    witness.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  if (env.BAILEE_WITNESS_PARENT === 'stdin') {
    process.stdin.on('end', stop).on('close', stop).on('error', stop)
    process.stdin.resume()
  }
  console.log(JSON.stringify({ listening: witness.url, vkeys: witness.vkeys }))
}

function portOf(text: string): number {
  const port = Number(text)
  if (!/^[0-9]{1,5}$/.test(text) || port > 65_535) throw new Error('BAILEE_WITNESS_PORT is not a port')
  return port
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
