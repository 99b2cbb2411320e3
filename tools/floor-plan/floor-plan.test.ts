import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { alarmProblems, fixtureRoot, planted } from './alarm.ts'
import { drawing, withDrawing } from './draw.ts'
import { roomOf, rooms } from './floors.ts'
import { inspect } from './inspect.ts'

test('the alarm rings for every fault planted in the fixture, and for nothing else', async () => {
  assert.deepEqual(await alarmProblems(), [])
})

test('a fault that goes unreported is a problem', async () => {
  const fault = 'look down only: server/kernel/index.ts -> server/domains/vault/index.ts'
  const problems = await alarmProblems(fixtureRoot, { ...planted(), violations: [...planted().violations, fault] })
  assert.deepEqual(problems, [`not reported: ${fault}`])
})

test('a house without a file to read is doubted, not praised', async (t) => {
  const empty = mkdtempSync(join(tmpdir(), 'floor-plan-'))
  t.after(() => rmSync(empty, { recursive: true }))
  const { violations, doubts } = await inspect(empty)
  assert.deepEqual(violations, [])
  assert.match(doubts.join('\n'), /there is no TypeScript file to read/)
})

test('a clean room raises no alarm', async (t) => {
  const house = mkdtempSync(join(tmpdir(), 'floor-plan-'))
  t.after(() => rmSync(house, { recursive: true }))
  cpSync(join(fixtureRoot, 'package.json'), join(house, 'package.json'))
  for (const path of ['server/package.json', 'server/kernel/index.ts', 'proof/package.json', 'proof/index.ts'])
    cpSync(join(fixtureRoot, path), join(house, path))
  writeFileSync(
    join(house, 'server/kernel/later.ts'),
    "import { now } from './index.ts'\nexport const later = now() + 1\n",
  )
  const { violations, doubts, imports } = await inspect(house)
  assert.deepEqual({ violations, doubts, imports }, { violations: [], doubts: [], imports: 1 })
})

test('every room stands on one floor and the ground is the kernel', () => {
  assert.equal(new Set(rooms.map(({ path }) => path)).size, rooms.length)
  assert.deepEqual(rooms[0], { path: 'server/kernel', floor: 0 })
  assert.equal(roomOf('server/domains/vault/actions/look.ts'), 'server/domains/vault')
  assert.equal(roomOf('server/app.ts'), 'server')
  assert.equal(roomOf('proof/merkle.ts'), 'proof')
  assert.equal(roomOf('node_modules/pg/lib/index.js'), undefined)
})

test('the drawing shows the nearest steps and keeps the rest of the paper', () => {
  const edges = [
    ['server/domains/vault', 'server/kernel'],
    ['server/domains/vault', 'server/domains/ledger'],
    ['server/domains/ledger', 'server/kernel'],
  ] as const
  const text = drawing(edges)
  assert.match(text, /server_domains_vault --> server_domains_ledger/)
  assert.doesNotMatch(text, /server_domains_vault --> server_kernel/)
  const marks =
    'above\n<!-- floor plan: drawn by tools/floor-plan/draw.ts -->\nold\n<!-- end of floor plan -->\nbelow\n'
  const paper = withDrawing(marks, edges)
  assert.ok(paper.startsWith('above\n') && paper.endsWith('below\n') && !paper.includes('old'))
  assert.equal(withDrawing(paper, edges), paper)
})
