import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Runs the real compiler over one small app of a provider. */
function compile(body: string) {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-types-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
        include: ['app.ts'],
        exclude: [],
      }),
    )
    writeFileSync(
      join(folder, 'app.ts'),
      `import { createBailee } from '${join(root, 'sdk/index.ts')}'
import { notice } from '${join(root, 'sdk/type-tests.test-d.ts')}'
const bailee = createBailee({ url: 'https://bailee.example', key: 'k', notice })
${body}
`,
    )
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
    const run = spawnSync(process.execPath, [compiler, '-p', join(folder, 'tsconfig.json')], { encoding: 'utf8' })
    return { status: run.status, output: `${run.stdout}${run.stderr}` }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a look that the notice allows compiles', () => {
  const { status, output } = compile(`const { fields } = await bailee.for('delivery').look('per_x', ['name', 'street'])
export const label: string = fields.name + fields.street`)
  assert.equal(output, '')
  assert.equal(status, 0)
})

test('the alarm rings: a look that the notice does not allow fails the build', () => {
  const { status, output } = compile(`export const look = await bailee.for('support').look('per_x', ['street'])`)
  assert.notEqual(status, 0)
  assert.match(output, /app\.ts\(4,\d+\): error TS2322: Type '"street"' is not assignable/)
})

test('the alarm rings: an unknown purpose and an unasked field fail the build', () => {
  const { output } = compile(`bailee.for('marketing')
export const phone = (await bailee.for('delivery').look('per_x', ['name'])).fields.phone`)
  assert.match(output, /app\.ts\(4,\d+\): error TS2345: Argument of type '"marketing"'/)
  assert.match(output, /app\.ts\(5,\d+\): error TS2339: Property 'phone' does not exist/)
})
