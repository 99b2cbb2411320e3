import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('./bin/bailee.js', import.meta.url))

/** Another Node of the machine that cannot strip types, if there is one. */
function olderNode(): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    try {
      const node = `${folder}/node`
      const major = Number(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).split('.')[0])
      if (major >= 20 && major < 22) return node
    } catch {
      // No Node here.
    }
  }
  return undefined
}

test('the launcher runs the command line and hands its exit code over', () => {
  const good = spawnSync(process.execPath, [launcher, '--help'], { encoding: 'utf8' })
  assert.equal(good.status, 0)
  assert.match(good.stdout, /ledger follow/)
  assert.equal(spawnSync(process.execPath, [launcher, 'unknown']).status, 1)
})

const older = olderNode()
test('an older Node hands over to Node 24', { skip: older === undefined && 'this machine has no older Node' }, () => {
  const good = spawnSync(older!, [launcher, '--help'], { encoding: 'utf8' })
  assert.equal(good.status, 0, good.stderr)
  assert.match(good.stdout, /ledger follow/)
  assert.equal(spawnSync(older!, [launcher, 'verify', '-'], { input: 'hello' }).status, 1)
})
