import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '#kernel'
import { createKeys, keyIdOf, openKeyProvider } from '#platform'
import { migrations } from './app.ts'
import type { Config } from './config.ts'
import { type Finding, fail, findingText, ok, warn } from './ops/finding.ts'
import { examineKeyLife } from './ops/key-check.ts'
import { examineLedger } from './ops/ledger-check.ts'
import { examineMachine, examineRootKey, rootKeyPath } from './ops/machine.ts'
import { holderOf, NothingToRead, openReadingRoom, PostgresStartError, type ReadingRoom } from './ops/reading-room.ts'

/** Says in words what is wrong, and what to do. Changes nothing; works beside a running server and without one. */
export async function doctor(config: Config): Promise<void> {
  const findings = await examine(config, (finding) => process.stdout.write(`${findingText(finding)}\n`))
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length
  process.stdout.write(
    `\n${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failures · ${count('ok')} 项正常，${count('warn')} 项警告，${count('fail')} 项故障\n`,
  )
  if (count('fail') > 0) process.exitCode = 1
}

export async function examine(config: Config, tell: (finding: Finding) => void = () => {}): Promise<Finding[]> {
  const findings: Finding[] = []
  const add = (...found: readonly Finding[]) => {
    for (const finding of found) tell(finding)
    findings.push(...found)
  }
  add(...(await examineMachine(config, join(import.meta.dirname, '..', 'web', 'dist'))))
  add(...(await examineServer(config)))
  let room: ReadingRoom
  try {
    room = await openReadingRoom(config)
  } catch (error) {
    add(unreachable(error))
    return findings
  }
  try {
    add(...(await examineDatabase(room)))
    const [isEmpty] = await room.main.query<{ missing: boolean }>({
      text: `select to_regclass('ledger.head') is null or to_regclass('notices.live_grant') is null as missing`,
    })
    if (isEmpty?.missing) {
      add(warn('the database is empty', '数据库为空', '`npm start` prepares it', '运行 npm start 即可准备'))
      return findings
    }
    add(await examineMigrations(room))
    add(await examineKeys(config, room))
    add(...(await examineKeyLife(config, room)))
    add(...(await examineLedger(config, room)))
  } catch (error) {
    add(unreachable(error))
  } finally {
    await room.close()
  }
  return findings
}

function unreachable(error: unknown): Finding {
  if (error instanceof NothingToRead)
    return warn(
      'there is no database yet',
      '尚无数据库',
      '`npm start` makes it; a restored data directory must have the folder "cluster"',
      'npm start 会创建；恢复的数据目录应含 cluster 文件夹',
    )
  const why =
    error instanceof PostgresStartError
      ? `${error.message} (${error.code})`
      : ((error as NodeJS.ErrnoException).code ?? (error as Error).name)
  return fail(
    `PostgreSQL cannot be read: ${why}`,
    '无法读取 PostgreSQL',
    'see docs/operations.md, "Start", and postgres.log in the data directory',
    '参见 docs/operations.md 的 “Start” 一节及数据目录中的 postgres.log',
  )
}

/** What a running server says of itself. */
async function examineServer(config: Config): Promise<Finding[]> {
  const host = ['0.0.0.0', '::'].includes(config.host) ? 'localhost' : config.host
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${config.port}`
  const holder = config.databaseUrl === undefined ? await holderOf(config.dataDirectory) : undefined
  const ask = (path: string) => fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000), redirect: 'error' })
  const ready = await ask('/readyz').catch(() => undefined)
  const answer = ready && ((await ready.json().catch(() => undefined)) as Record<string, unknown> | undefined)
  if (typeof answer?.ok !== 'boolean') {
    if (holder === undefined) return [ok('no server is running here', '此处没有正在运行的服务器')]
    return [
      fail(
        `process ${holder} holds the data directory, but nothing answers at ${url}`,
        `进程 ${holder} 占用数据目录，但 ${url} 无应答`,
        'give the doctor the same BAILEE_HOST and BAILEE_PORT as the server, or read the server’s log',
        '请使用与服务器相同的 BAILEE_HOST 与 BAILEE_PORT，或查看服务器日志',
      ),
    ]
  }
  const missing = Object.keys(answer).filter((name) => answer[name] === false && name !== 'ok')
  const findings: Finding[] = [
    answer.ok
      ? ok(`the server at ${url} is ready`, `${url} 的服务器已就绪`)
      : fail(
          `the server at ${url} is not ready: ${missing.join(', ')}`,
          `${url} 的服务器未就绪：${missing.join('、')}`,
          'read the server’s log; nothing is opened meanwhile',
          '请查看服务器日志；此间不开启任何内容',
        ),
  ]
  const status = await ask('/v1/ledger/status').catch(() => undefined)
  if (status?.ok) findings.push(...judgeStatus(config, (await status.json()) as Status))
  return findings
}

interface Status {
  readonly origin: string
  readonly backlog: number
  readonly lagSeconds: number
  readonly behind: boolean
  readonly witnesses: readonly { readonly name: string; readonly reachable: boolean; readonly size: number | null }[]
}
function judgeStatus(config: Config, { origin, backlog, lagSeconds, behind, witnesses }: Status): Finding[] {
  if (origin !== config.ledgerOrigin)
    return [
      warn(
        `the server that answers there keeps another ledger: ${origin}`,
        `该处应答的服务器属于另一账本：${origin}`,
        'give the doctor the same settings as the server',
        '请使用与服务器相同的设置',
      ),
    ]
  return [
    behind
      ? fail(
          `the ledger is ${Math.round(lagSeconds)} seconds late, ${backlog} entries wait, and nothing is opened`,
          `账本滞后 ${Math.round(lagSeconds)} 秒，${backlog} 个条目等待，已停止开启`,
          'read the log of the sequencer; restart the server',
          '请查看日志并重新启动服务器',
        )
      : ok(`the ledger keeps up, ${backlog} entries wait`, `账本无滞后，${backlog} 个条目等待`),
    ...witnesses.map(({ name, reachable, size }) =>
      reachable
        ? ok(`the server reaches witness ${name}, which has seen ${size ?? 0}`, `服务器可连接见证方 ${name}`)
        : warn(
            `the server does not reach witness ${name}`,
            `服务器无法连接见证方 ${name}`,
            'the ledger goes on; what must be witnessed waits. Start or replace the witness',
            '账本继续运行，需见证的内容等待。请启动或更换见证方',
          ),
    ),
  ]
}

async function examineDatabase(room: ReadingRoom): Promise<Finding[]> {
  const hows = {
    attached: ['running', '正在运行'],
    started: ['started for this, stopped again', '为本次检查临时启动'],
    external: ['reached', '可连接'],
  } as const
  const [en, zh] = hows[room.how]
  const findings: Finding[] = [ok(`PostgreSQL: ${en}; the key store too`, `PostgreSQL：${zh}；密钥库亦然`)]
  findings.push(
    room.separate
      ? ok('the key store is a database of its own', '密钥库为独立数据库')
      : fail(
          'key store and main database are the same: one backup holds everything',
          '密钥库与主数据库相同：一份备份即包含全部',
          'set BAILEE_KEYSTORE_URL to a database of its own',
          '请将 BAILEE_KEYSTORE_URL 设为独立数据库',
        ),
  )
  for (const [name, database] of [
    ['main', room.main],
    ['key store', room.keyStore],
  ] as const) {
    const rows = await database.query<{ name: string; setting: string }>({
      text: `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
    })
    // The connection itself has not changed them: synchronous_commit is the server's default here.
    const off = rows.filter(({ setting }) => setting === 'off').map((row) => row.name)
    findings.push(
      off.length === 0
        ? ok(`${name}: fsync, full_page_writes and synchronous_commit are on`, '持久化设置均已开启')
        : fail(
            `${name}: ${off.join(', ')} is off: an acknowledged entry can be lost`,
            `${off.join('、')} 已关闭：已确认的条目可能丢失`,
            'switch it on in postgresql.conf and restart PostgreSQL',
            '请在 postgresql.conf 中开启并重启 PostgreSQL',
          ),
    )
  }
  return findings
}

async function examineMigrations({ main }: ReadingRoom): Promise<Finding> {
  const rows = await main.query<{ room: string; name: string; digest: string }>({
    text: 'select room, name, digest from platform.migration',
  })
  const applied = new Map(rows.map(({ room, name, digest }) => [`${room}/${name}`, digest]))
  const missing: string[] = []
  const changed: string[] = []
  let known = 0
  for (const { room, folder } of migrations) {
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.sql'))) {
      known += 1
      const key = `${room}/${name}`
      const digest = createHash('sha256')
        .update(await readFile(join(folder, name), 'utf8'))
        .digest('hex')
      const found = applied.get(key)
      if (found === undefined) missing.push(key)
      else if (found !== digest) changed.push(key)
      applied.delete(key)
    }
  }
  if (changed.length > 0 || applied.size > 0)
    return fail(
      `the database does not fit this program: ${[...changed, ...applied.keys()].join(', ')}`,
      '数据库与本程序版本不符',
      'run the program version that made it, or a newer one',
      '请运行创建该数据库的程序版本或更新版本',
    )
  if (missing.length > 0)
    return warn(
      `${missing.length} migrations are due: ${missing.join(', ')}`,
      `有 ${missing.length} 个迁移待执行`,
      'back up, then `npm start` or the verb `migrate` applies them',
      '请先备份，再运行 npm start 或 migrate',
    )
  return ok(`all ${known} migrations are applied`, `全部 ${known} 个迁移已执行`)
}

const sampledWraps = 500

/** The root unwraps the signing keys and every epoch key that a sample of live grants and chains stands under. */
async function examineKeys(config: Config, { main, keyStore }: ReadingRoom): Promise<Finding> {
  const path = rootKeyPath(config.dataDirectory)
  const isFile = config.keyProvider.kind === 'file'
  const root = isFile ? await examineRootKey(path) : undefined
  // The provider would narrow the file's mode or make a new key; neither is a doctor's business.
  if (root && (root.level !== 'ok' || !(await stat(path).catch(() => undefined))))
    return warn('the keys were not tried', '未检查密钥', 'put the root key right first', '请先处理根密钥')
  const columns = `id, tenant, purpose, epoch, wrapped`
  const readOnly = () => Promise.reject(new Error('the doctor writes no keys'))
  const keys = createKeys({
    provider: await openKeyProvider(config.keyProvider, path),
    clock: systemClock,
    store: {
      findEpochKey: readOnly,
      keepEpochKey: readOnly,
      keepSigningKey: readOnly,
      epochKeysBefore: readOnly,
      destroyEpochKeys: readOnly,
      epochKeysById: (ids) =>
        keyStore.query({ text: `select ${columns} from epoch_key where id = any($1::uuid[])`, values: [ids] }),
      findSigningKey: async (name) =>
        (
          await keyStore.query<{ name: string; publicKey: Buffer; wrapped: Buffer }>({
            text: 'select name, public_key as "publicKey", wrapped from signing_key where name = $1',
            values: [name],
          })
        )[0],
      close: async () => {},
    },
  })
  try {
    for (const [name, algorithm] of [
      ['ledger-ed25519', 'ed25519'],
      ['ledger-ml-dsa-44', 'ml-dsa-44'],
      ['server-ed25519', 'ed25519'],
    ] as const)
      await keys.signer(name, algorithm)
    const wraps = await main.query<{ wrap: Buffer }>({
      text: `(select wrap from notices.live_grant limit ${sampledWraps})
        union all (select sealed from ledger.chain where sealed is not null limit ${sampledWraps})`,
    })
    const ids = [...new Set(wraps.map(({ wrap }) => keyIdOf(wrap)))]
    await keys.load(ids)
    const lost = ids.filter((id) => keys.cached(id) === undefined)
    return lost.length === 0
      ? ok(
          `the root key unwraps 3 signing keys and ${ids.length} epoch keys of ${wraps.length} sampled wraps`,
          `根密钥可解开 3 个签名密钥和 ${ids.length} 个时期密钥（抽样 ${wraps.length} 个封装）`,
        )
      : fail(
          `${lost.length} of ${ids.length} epoch keys are not in the key store: what they wrapped cannot be opened`,
          `密钥库缺少 ${lost.length} 个时期密钥：其封装的内容无法开启`,
          'restore the key store from the same moment as the main database',
          '请从与主数据库相同的时刻恢复密钥库',
        )
  } catch {
    return fail(
      'the root key does not open the key store: they do not belong together',
      '根密钥无法打开密钥库：两者不匹配',
      `put back the root key that belongs to this key store: ${path}`,
      '请放回与此密钥库匹配的根密钥',
    )
  } finally {
    await keys.close()
  }
}
