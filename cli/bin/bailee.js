#!/usr/bin/env node
// Plain JavaScript, so that any Node from 20 on can start it. A Node that cannot strip types hands over to the Node 24
// that comes with the `node` package.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const main = new URL('../main.ts', import.meta.url)

if (process.features.typescript) {
  await import(main.href)
} else {
  let node
  try {
    node = createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    console.error(
      `bailee needs Node 24 (this is ${process.version}). Install it, or run "npm install" where bailee is.`,
    )
    process.exit(2)
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
  // Ctrl-C reaches both from the terminal; only the child decides how to end. A `kill` reaches us alone.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`bailee could not start ${node}: ${error.message}`)
    process.exit(2)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}
