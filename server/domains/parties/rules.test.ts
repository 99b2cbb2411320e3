import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApprovalId, newId, type StaffId } from '#kernel'
import type { Approval, Session } from './model.ts'
import {
  approvalState,
  isDangerousGrant,
  isSessionLive,
  isTouchDue,
  judgeDecision,
  judgeSetup,
  judgeUse,
  standsBehind,
} from './rules.ts'

const now = new Date('2026-11-23T08:00:00.000Z')
const minutes = (count: number) => new Date(now.getTime() + count * 60_000)

const approval = (members: Partial<Approval> = {}): Approval => ({
  id: newId<'apr'>() satisfies ApprovalId,
  tenant: newId(),
  act: 'bulk-export',
  subject: 'what it is about',
  reason: 'because it must be',
  state: 'waiting',
  requestedBy: 'stf_a',
  requestedFor: 'stf_a',
  decidedBy: null,
  expiresAt: minutes(60),
  ...members,
})
const second = { kind: 'staff', id: 'stf_b', actsFor: 'stf_b' } as const

test('a second member of staff may decide a waiting request', () => {
  assert.equal(judgeDecision(approval(), 'approved', second, true, now), undefined)
  assert.equal(judgeDecision(approval(), 'declined', second, true, now), undefined)
})

test('nobody decides their own request, in person or by a key', () => {
  const self = { kind: 'staff', id: 'stf_a', actsFor: 'stf_a' } as const
  const ownKey = { kind: 'client', id: 'cli_a', actsFor: 'stf_a' } as const
  assert.equal(judgeDecision(approval(), 'approved', self, true, now), 'approval_same_person')
  assert.equal(judgeDecision(approval(), 'approved', ownKey, false, now), 'approval_same_person')
  const byKey = approval({ requestedBy: 'cli_a', requestedFor: 'stf_a' })
  assert.equal(judgeDecision(byKey, 'approved', self, true, now), 'approval_same_person')
})

test('a machine decides only where no member of staff can', () => {
  const machine = { kind: 'client', id: 'cli_m', actsFor: 'cli_m' } as const
  assert.equal(judgeDecision(approval(), 'approved', machine, true, now), 'ability_missing')
  assert.equal(judgeDecision(approval(), 'approved', machine, false, now), undefined)
})

test('what is decided, used or expired is decided no more', () => {
  for (const state of ['approved', 'declined', 'used'] as const)
    assert.equal(judgeDecision(approval({ state }), 'approved', second, true, now), 'approval_expired')
  assert.equal(judgeDecision(approval({ expiresAt: now }), 'approved', second, true, now), 'approval_expired')
})

test('an approval expires unless it was declined or used before', () => {
  const states = (['waiting', 'approved', 'declined', 'used'] as const).map((state) =>
    approvalState(approval({ state, expiresAt: now }), now),
  )
  assert.deepEqual(states, ['expired', 'expired', 'declined', 'used'])
})

test('an approval serves the one who asked, for that act on that subject', () => {
  const wanted = { act: 'bulk-export', subject: 'what it is about', requestedBy: 'stf_a' }
  const approved = approval({ state: 'approved' })
  assert.equal(judgeUse(approved, wanted, now), undefined)
  for (const other of [{ act: 'erase' }, { subject: 'something else' }, { requestedBy: 'stf_b' }])
    assert.equal(judgeUse(approved, { ...wanted, ...other }, now), 'approval_needed')
  assert.equal(judgeUse(undefined, wanted, now), 'approval_needed')
  assert.equal(judgeUse(approval(), wanted, now), 'approval_needed')
  assert.equal(judgeUse(approval({ state: 'declined' }), wanted, now), 'approval_needed')
  assert.equal(judgeUse(approval({ state: 'used' }), wanted, now), 'approval_expired')
  assert.equal(judgeUse(approval({ state: 'approved', expiresAt: now }), wanted, now), 'approval_expired')
})

test('to give away administration or approval is dangerous, to give away work is not', () => {
  assert.equal(
    isDangerousGrant({ abilities: ['look', 'find', 'collect', 'erase', 'consent', 'publish'], purposes: [] }),
    false,
  )
  assert.equal(isDangerousGrant({ abilities: ['look', 'approve'], purposes: [] }), true)
  assert.equal(isDangerousGrant({ abilities: ['administer'], purposes: [] }), true)
})

test('behind a key made by a key stands whoever stood behind the first', () => {
  assert.equal(standsBehind('stf_a', 'cli_new'), 'stf_a')
  assert.equal(standsBehind('cli_root', 'cli_new'), 'cli_new')
  assert.equal(standsBehind(undefined, 'cli_new'), 'cli_new')
})

test('a staff session ends with an hour of idleness, a person’s does not', () => {
  const staff: Session = {
    tenant: newId(),
    staff: newId<'stf'>() satisfies StaffId,
    person: null,
    usedAt: now,
    expiresAt: minutes(720),
  }
  const person: Session = { ...staff, staff: null, person: newId() }
  assert.equal(isSessionLive(staff, minutes(59)), true)
  assert.equal(isSessionLive(staff, minutes(60)), false)
  assert.equal(isSessionLive(person, minutes(719)), true)
  assert.equal(isSessionLive(person, minutes(720)), false)
  assert.equal(isTouchDue(staff, new Date(now.getTime() + 59_999)), false)
  assert.equal(isTouchDue(staff, minutes(1)), true)
  assert.equal(isTouchDue(person, minutes(1)), false)
})

test('set-up is open to its token alone, and to nobody once it is closed', () => {
  const token = Buffer.alloc(32, 1)
  assert.equal(judgeSetup({ tokenHash: token, closedAt: null }, Buffer.alloc(32, 1)), undefined)
  assert.equal(judgeSetup({ tokenHash: token, closedAt: null }, Buffer.alloc(32, 2)), 'setup_token_invalid')
  assert.equal(judgeSetup({ tokenHash: token, closedAt: null }, undefined), 'setup_token_invalid')
  assert.equal(judgeSetup(undefined, token), 'setup_token_invalid')
  assert.equal(judgeSetup({ tokenHash: null, closedAt: now }, token), 'setup_closed')
})
