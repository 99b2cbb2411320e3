import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { commands } from './run.ts'
import { runCli } from './testing/run-cli.ts'
import { StubLedger } from './testing/stub-ledger.ts'
import { type Asked, type Reply, stubServer } from './testing/stub-server.ts'
import { texts } from './texts.ts'

const id = (prefix: string, n = 1) => `${prefix}_${n.toString(16).padStart(32, '0')}`
const both = (text: string) => ({ en: text, zh: `${text}（中）` })
const notice = {
  slug: 'shop',
  title: both('Shop'),
  contact: both('privacy@shop.example'),
  purposes: [{ id: 'delivery', title: both('Delivery'), basis: 'contract', retentionDays: 90 }],
  categories: [
    {
      id: 'contact',
      term: 'pd:Contact',
      title: both('Contact'),
      sensitive: false,
      fields: [{ name: 'name', title: both('Name') }],
      purposes: ['delivery'],
    },
  ],
  recipients: [],
}
const published = {
  id: id('ntc'),
  provider: id('org'),
  version: 3,
  hash: '',
  publishedAt: '',
  live: true,
  content: notice,
}
const organisation = { id: id('org'), kind: 'provider', name: both('Shop'), area: null, level: null, createdAt: '' }
const client = {
  id: id('cli'),
  organisation: id('org'),
  name: 'x',
  abilities: [],
  purposes: [],
  createdAt: '',
  revokedAt: null,
}
const key = 'blk_invented_machine_key'
const ledger = new StubLedger().addMany(5)
const receipt = ledger.receipt()
const refusal = {
  type: '/reference/errors#grant_missing',
  title: 'There is no live grant for this purpose, so there is no key.',
  titleZh: '没有针对此目的的有效授权，因此没有密钥。',
  status: 403,
  code: 'grant_missing',
  missing: { purpose: 'delivery' },
  receipt,
}

interface LookItem {
  readonly person: string
  readonly fields: readonly string[]
}
const answerOne = ({ person, fields }: LookItem) =>
  person === id('per', 0xbad)
    ? { problem: refusal }
    : {
        person,
        record: id('rec'),
        fields: Object.fromEntries(
          fields.map((name) => [name, `${name} of ${Number.parseInt(person.slice(4), 16)} (invented)`]),
        ),
        receipt,
      }

function answer({ path, method, body, key: given }: Asked): Reply | undefined {
  const needsKey =
    /vault|clients|access-links|organisations|me$/.test(path) || (path === '/v1/notices' && method === 'POST')
  if (needsKey && given !== key) {
    return {
      status: 401,
      body: { type: '', title: 'The key or session is not valid.', status: 401, code: 'credentials_invalid' },
    }
  }
  switch (path.split('?')[0]) {
    case '/v1/vault/look': {
      const one = answerOne(body as LookItem)
      return 'problem' in one ? { status: 403, body: one.problem } : { body: one }
    }
    case '/v1/vault/look/batch':
      return { body: { items: (body as { items: LookItem[] }).items.map(answerOne) } }
    case '/v1/parties/me':
      return { body: { organisation } }
    case '/v1/notices':
      if (method === 'GET')
        return { body: { items: [{ ...published, content: { ...notice, title: both('Older') } }], next: null } }
      if ((body as typeof notice).slug === 'bad') {
        return {
          status: 422,
          body: {
            type: '',
            title: 'The notice contradicts itself.',
            titleZh: '告知规则自相矛盾。',
            status: 422,
            code: 'notice_invalid',
            field: '/purposes/0',
            rule: 'is used',
          },
        }
      }
      return { status: 201, body: { notice: published, receipt } }
    case `/v1/notices/${id('ntc')}`:
      return { body: published }
    case '/v1/parties/setup':
    case '/v1/parties/organisations':
      return { status: 201, body: { organisation, client, key: 'blk_new' } }
    case '/v1/parties/clients':
      return { status: 201, body: { client, key: 'blk_new' } }
    case '/v1/parties/persons/access-links':
      return { status: 201, body: { token: 't', path: '/me#t', expiresAt: '2026-01-01T00:00:00Z' } }
    default:
      return undefined
  }
}

const folder = mkdtempSync(join(tmpdir(), 'bailee-cli-'))
const put = (name: string, content: string) => {
  const file = join(folder, name)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}
let server: Awaited<ReturnType<typeof stubServer>>
before(async () => {
  server = await stubServer({ ledger, api: answer })
})
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})
const bailee = (args: readonly string[], input = '', env: Record<string, string> = {}) => {
  server.asked.length = 0
  return runCli(args, { input, env: { BAILEE_SERVER: server.url, BAILEE_KEY: key, ...env } })
}
const lookArgs = ['look', '--purpose', 'delivery', '--fields', 'name,phone']

test('every command explains itself in both languages', async () => {
  for (const { words, options } of commands) {
    const english = await bailee([...words, '--help'])
    assert.equal(english.code, 0)
    for (const name of Object.keys(options))
      assert.ok(english.stdout.includes(`--${name}`), `${words.join(' ')} ${name}`)
    const chinese = await bailee([...words, '--help', '--lang', 'zh'])
    assert.match(chinese.stdout, /用法/)
  }
  const overview = await bailee(['--help'])
  for (const { words } of commands) assert.ok(overview.stdout.includes(words.join(' ')))
  assert.equal((await bailee([])).code, 1)
  assert.equal((await bailee(['unknown'])).code, 1)
})

test('both languages of every text are filled in with the same things', () => {
  const names = (text: string) => [...text.matchAll(/\{([a-z]+)\}/g)].map((match) => match[1]).sort()
  for (const [name, { en, zh }] of Object.entries(texts)) assert.deepEqual(names(en), names(zh), name)
})

test('a look prints the fields of one person', async () => {
  const run = await bailee([...lookArgs, '--person', id('per', 7), '--on-behalf-of', 'clerk-7', '--case', 'order/9'])
  assert.equal(run.code, 0)
  assert.equal(run.stdout, 'name: name of 7 (invented)\nphone: phone of 7 (invented)\n')
  assert.deepEqual(server.asked[0]?.body, {
    person: id('per', 7),
    purpose: 'delivery',
    fields: ['name', 'phone'],
    onBehalfOf: 'clerk-7',
    case: 'order/9',
  })
  const json = await bailee([...lookArgs, '--person', id('per', 7), '--json'])
  assert.deepEqual(json.json().receipt, receipt)
})

test('a refused look is exit 5 and names the entry that logged it', async () => {
  const run = await bailee([...lookArgs, '--person', id('per', 0xbad)])
  assert.equal(run.code, 5)
  assert.equal(run.stdout, '')
  assert.match(run.stderr, /no live grant.*grant_missing/)
  assert.ok(run.stderr.includes(receipt.entry))
  const chinese = await bailee([...lookArgs, '--person', id('per', 0xbad), '--lang', 'zh'])
  assert.match(chinese.stderr, /没有密钥/)
})

test('many people are looked at 100 at a time, with a result for each', async () => {
  const people = Array.from({ length: 250 }, (_, n) => id('per', n === 120 ? 0xbad : n + 1))
  const file = put('people', `# the list\n${people.join('\r\n')}\n\n`)
  const run = await bailee([...lookArgs, '--people', file, '--json'])
  assert.equal(run.code, 5)
  const lines = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { person: string; problem?: unknown })
  assert.deepEqual(
    lines.map(({ person }) => person),
    people,
  )
  assert.deepEqual(lines[120]?.problem, refusal)
  assert.deepEqual(
    server.asked.map(({ body }) => (body as { items: unknown[] }).items.length),
    [100, 100, 50],
  )
  assert.match(run.stderr, /249 opened, 1 refused/)
  const piped = await bailee([...lookArgs, '--people', '-'], people.slice(0, 3).join('\n'))
  assert.equal(piped.code, 0)
  assert.equal(piped.stdout.trim().split('\n').length, 3)
})

test('a list with a wrong line opens nothing, and the line is not repeated', async () => {
  const run = await bailee([...lookArgs, '--people', '-'], `${id('per')}\n13900000000 Zhang San\n`)
  assert.equal(run.code, 1)
  assert.match(run.stderr, /Line 2/)
  assert.doesNotMatch(run.stderr, /139|Zhang/)
  assert.equal(server.asked.length, 0)
})

test('nothing more is opened once nobody reads the answers', async () => {
  const people = Array.from({ length: 2000 }, (_, n) => id('per', n + 1)).join('\n')
  server.asked.length = 0
  const run = await runCli([...lookArgs, '--people', '-'], {
    input: people,
    env: { BAILEE_SERVER: server.url, BAILEE_KEY: key },
    during: (child) => child.stdout?.destroy(),
  })
  assert.equal(run.code, 141, run.stderr)
  assert.ok(server.asked.length <= 2, `${server.asked.length} batches`)
})

test('a key comes from the environment or a file, never from an argument', async () => {
  const file = put('key', `${key}\n`)
  const one = [...lookArgs, '--person', id('per', 7)]
  assert.equal((await bailee([...one, '--key-file', file], '', { BAILEE_KEY: '' })).code, 0)
  chmodSync(file, 0o644)
  assert.match((await bailee([...one, '--key-file', file], '', { BAILEE_KEY: '' })).stderr, /can be read by others/)
  assert.equal((await bailee(one, '', { BAILEE_KEY: '' })).code, 1)
  for (const given of [['--key', key], [`--key=${key}`]]) {
    const run = await bailee([...one, ...given])
    assert.equal(run.code, 1)
    assert.match(run.stderr, /never given as an argument/)
    assert.ok(!run.stderr.includes(key))
  }
  const wrong = await bailee(one, '', { BAILEE_KEY: 'wrong_key' })
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /credentials_invalid/)
})

test('with --json errors are one object on stderr', async () => {
  const run = await bailee([...lookArgs, '--person', id('per'), '--json'], '', { BAILEE_KEY: 'wrong_key' })
  assert.equal(run.stdout, '')
  assert.equal(JSON.parse(run.stderr).error.code, 'credentials_invalid')
})

test('a notice is published, shown, and refused with the place of its fault', async () => {
  const run = await bailee(['notice', 'publish', put('notice.json', JSON.stringify(notice))])
  assert.equal(run.code, 0, run.stderr)
  assert.match(run.stdout, /Published ntc_\w+ version 3/)
  assert.deepEqual(server.asked.at(-1)?.body, notice)
  const bad = await bailee(['notice', 'publish', put('bad.json', JSON.stringify({ ...notice, slug: 'bad' }))])
  assert.equal(bad.code, 2)
  assert.match(bad.stderr, /notice_invalid/)
  assert.match(bad.stderr, /\/purposes\/0/)
  assert.equal((await bailee(['notice', 'publish', put('no.json', '{')])).code, 1)
  const shown = await bailee(['notice', 'show', id('ntc')])
  assert.match(shown.stdout, /Shop {2}\[shop, version 3, live\]/)
  assert.match(shown.stdout, /for delivery: Delivery \(contract, 90 days\): Name/)
  assert.match((await bailee(['notice', 'show', id('ntc'), '--lang', 'zh'])).stdout, /Shop（中）/)
})

test('set-up prints the organisation and its key', async () => {
  const args = ['setup', '--token', 'one-time-token-0123456789', '--name-en', 'Shop', '--name-zh', '店']
  const run = await bailee(args)
  assert.equal(run.code, 0)
  assert.ok(run.stdout.includes(id('org')) && run.stdout.includes('blk_new'))
  assert.deepEqual(server.asked[0]?.body, {
    token: 'one-time-token-0123456789',
    organisation: { kind: 'provider', name: { en: 'Shop', zh: '店' } },
    client: { name: 'administrator' },
  })
  assert.equal((await bailee(['setup', '--token', 't', '--name-en', 'Shop'])).code, 1)
  assert.equal((await bailee([...args, '--kind', 'king'])).code, 1)
  const rest = args.slice(3)
  assert.equal((await bailee(['setup', '--token', '-begins-with-a-hyphen-01', ...rest])).code, 0)
  assert.equal((server.asked[0]!.body as { token: string }).token, '-begins-with-a-hyphen-01')
  assert.equal((await bailee(['setup', '--token', '-', ...rest], 'from-standard-input-01\n')).code, 0)
  assert.equal((server.asked[0]!.body as { token: string }).token, 'from-standard-input-01')
})

test('organisations, clients and access links are made', async () => {
  const made = await bailee([
    'organisation',
    'create',
    '--name-en',
    'City',
    '--name-zh',
    '市',
    '--kind',
    'authority',
    '--level',
    'city',
    '--area',
    '3101',
  ])
  assert.equal(made.code, 0)
  assert.deepEqual(server.asked[0]?.body, {
    kind: 'authority',
    name: { en: 'City', zh: '市' },
    area: '3101',
    level: 'city',
    client: { name: 'administrator' },
  })
  const bound = await bailee([
    'client',
    'create',
    '--name',
    'app',
    '--abilities',
    'look,find',
    '--purposes',
    'delivery',
    '--json',
  ])
  assert.equal(bound.json().key, 'blk_new')
  assert.deepEqual(server.asked[0]?.body, { name: 'app', abilities: ['look', 'find'], purposes: ['delivery'] })
  assert.equal((await bailee(['client', 'create', '--name', 'app', '--abilities', 'peek'])).code, 1)
  const link = await bailee(['access-link', '--person', id('per')])
  assert.ok(link.stdout.includes(`${server.url}/me#t`))
})

test('the status is told as what the server says', async () => {
  const run = await bailee(['ledger', 'status'])
  assert.equal(run.code, 0)
  assert.match(run.stdout, /stub\.example\/ledger\/2026: 5 entries/)
  assert.match(run.stderr, /nothing was verified/)
  assert.equal((await bailee(['ledger', 'status', '--json'])).json().size, 5)
})

test('a missing or malformed server is a usage error, an absent one is exit 2', async () => {
  assert.equal((await bailee(['ledger', 'status'], '', { BAILEE_SERVER: '' })).code, 1)
  assert.equal((await bailee(['ledger', 'status', '--server', 'ftp://x'])).code, 1)
  assert.equal((await bailee(['ledger', 'status', '--server', 'http://127.0.0.1:1'])).code, 2)
  assert.equal((await bailee(['ledger', 'status', '--unknown'])).code, 1)
  assert.equal((await bailee(['ledger', 'status', 'surplus'])).code, 1)
})
