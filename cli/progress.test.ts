import assert from 'node:assert/strict'
import { test } from 'node:test'
import { progressLine } from './progress.ts'
import { printable } from './terminal.ts'

test('progress tells share, rate and time left', () => {
  assert.equal(
    progressLine('auditing', 250, 1000, 10, 'en'),
    `auditing  ${'█'.repeat(6)}${'░'.repeat(18)}  25%  250/1000  25/s  0:30 left`,
  )
  assert.match(progressLine('审计', 1, 40_000, 1, 'zh'), /1\.0\/秒 {2}剩余 11:06:39$/)
})

test('progress without work or without a beginning has no nonsense in it', () => {
  assert.match(progressLine('x', 0, 0, 0, 'en'), /100% {2}0\/0 .*– left$/)
  assert.match(progressLine('x', 0, 5, 3, 'en'), /0% {2}0\/5 .*– left$/)
})

test('what others wrote is shown without control characters', () => {
  assert.equal(printable('a\u001b[31mb\r\u202ec\nd名'), 'a\ufffd[31mb\ufffd\ufffdc\nd名')
})
