import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Checkpoint,
  decodeEntryBundle,
  entriesPath,
  equalBytes,
  Frontier,
  formatVerifierKey,
  hashLeaf,
  openNote,
  ProofError,
  parseCheckpoint,
  parseCosignature,
  parseNote,
  readU16be,
  signatureType,
  TileHashes,
  tilePath,
  tileWidth,
  type Verifier,
  verifierFor,
} from '@bailee/proof'
import type { Config } from '../config.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import type { ReadingRoom } from './reading-room.ts'

interface Head {
  readonly origin: string
  readonly size: number
  readonly frontier: Buffer
}
interface Segment {
  readonly firstIndex: number
  readonly leaves: Buffer
}
const sampled = 32
const restore = ['see docs/operations.md, "Restore"', '参见 docs/operations.md 的 “Restore” 一节'] as const

/**
 * Head, leaves, tiles and checkpoints say the same, also while the server goes on writing: what others have seen is read
 * first, then the database in one snapshot, which therefore holds at least as much.
 */
export async function examineLedger(config: Config, room: ReadingRoom): Promise<Finding[]> {
  const published = await readFile(join(config.dataDirectory, 'ledger', 'checkpoint'), 'utf8').catch(() => undefined)
  const witnesses = await askWitnesses(config)
  const { head, kept, leaves } = await room.main.transaction('ledger', async (tx) => ({
    head: (await tx.query<Head>({ text: 'select origin, size, frontier from ledger.head' }))[0],
    kept: (await tx.query<{ note: string }>({ text: 'select note from ledger.checkpoint' }))[0],
    leaves: (
      await tx.query<{ entries: number; gaps: number }>({
        text: `select coalesce(sum(count), 0)::bigint as entries, count(*) filter (where first_index <> expected) as gaps
          from (select first_index, count, coalesce(lag(first_index + count) over (order by first_index), 0) as expected
            from ledger.segment) as s`,
      })
    )[0]!,
  }))
  if (!head)
    return [warn('the ledger has not begun', '账本尚未开始', '`npm start` begins it', '运行 npm start 即可开始')]
  const findings: Finding[] = []
  if (head.origin !== config.ledgerOrigin)
    findings.push(
      fail(
        `this database holds the ledger of ${head.origin}, the configuration names ${config.ledgerOrigin}`,
        `数据库中是 ${head.origin} 的账本，而配置为 ${config.ledgerOrigin}`,
        'set BAILEE_LEDGER_ORIGIN (or BAILEE_PUBLIC_URL) as it was',
        '请恢复原来的 BAILEE_LEDGER_ORIGIN 或 BAILEE_PUBLIC_URL',
      ),
    )
  const frontier = attempt(() => Frontier.fromBytes(head.frontier))
  if (frontier?.size !== head.size)
    return [...findings, fail('the head of the ledger contradicts itself', '账本头部自相矛盾', ...restore)]
  findings.push(
    leaves.entries === head.size && leaves.gaps === 0
      ? ok(`the ledger's head and its leaves agree: ${head.size} entries`, `账本头部与叶子一致：${head.size} 个条目`)
      : fail(
          `the head says ${head.size} entries, the leaves are ${leaves.entries} with ${leaves.gaps} gaps`,
          `账本头部为 ${head.size} 个条目，实有 ${leaves.entries} 个，缺口 ${leaves.gaps} 处`,
          ...restore,
        ),
  )
  const verifiers = await logVerifiers(room, head.origin)
  const notes = [
    ['the last signed checkpoint', '最近签名的检查点', kept?.note],
    ['the published checkpoint', '已公布的检查点', published],
  ] as const
  for (const [what, whatZh, note] of notes)
    findings.push(
      note === undefined
        ? warn(
            `there is no ${what.slice(4)} yet`,
            `尚无${whatZh}`,
            '`npm start` signs and publishes',
            '运行 npm start 即可',
          )
        : judgeCheckpoint(what, whatZh, note, verifiers, head, frontier.root()),
    )
  // Tiles are durable before their checkpoint is signed, so at its size they must all be there.
  const signed = kept && attempt(() => parseCheckpoint(parseNote(kept.note).text))
  if (signed && signed.size > 0) findings.push(await examineTiles(config, room, signed))
  if (published !== undefined) findings.push(...examineClock(published))
  findings.push(...witnesses.map((answer) => ('level' in answer ? answer : judgeSeen(answer, head))))
  return findings
}

/** The right edge makes the root; a sample of leaves is the same in database, bundle and tile. */
async function examineTiles(config: Config, { main }: ReadingRoom, { size, root }: Checkpoint): Promise<Finding> {
  const fault = (en: string, zh: string) =>
    fail(
      en,
      zh,
      'tiles can be made again from the database: stop the server, move the folder "ledger" aside, start it',
      '分片可由数据库重新生成：停止服务器，移开 ledger 文件夹后再启动',
    )
  const read = async (path: string, fullPath: string) =>
    readFile(join(config.dataDirectory, 'ledger', path)).catch(() =>
      readFile(join(config.dataDirectory, 'ledger', fullPath)),
    )
  const tiles = new TileHashes(
    async (level, n, width) =>
      new Uint8Array((await read(tilePath(level, n, width), tilePath(level, n))).subarray(0, width * 32)),
    size,
  )
  try {
    if (!equalBytes(await tiles.root(), root))
      return fault('the tiles do not make the root of the ledger', '分片算不出账本的根')
    // The right edge is what a crash would have touched; the rest is sampled.
    const edge = Math.floor((size - 1) / tileWidth) * tileWidth
    const indexes = new Set([
      ...Array.from({ length: size - edge }, (_, at) => edge + at),
      ...Array.from({ length: sampled }, () => Math.floor(Math.random() * size)),
    ])
    for (const index of indexes) {
      const leaf = await leafAt(main, index)
      const n = Math.floor(index / tileWidth)
      const width = Math.min(tileWidth, size - n * tileWidth)
      const bundle = decodeEntryBundle(await read(entriesPath(n, width), entriesPath(n)))
      if (!leaf || !equalBytes(hashLeaf(leaf), await tiles.leafHash(index)))
        return fault(`entry ${index} is not what its tile says`, `条目 ${index} 与分片不符`)
      if (!equalBytes(leaf, bundle[index % tileWidth] ?? new Uint8Array()))
        return fault(`entry ${index} is not what its bundle holds`, `条目 ${index} 与条目包不符`)
    }
    return ok(
      `the tiles make the root; ${indexes.size} entries re-hashed are the same in database, bundle and tile`,
      `分片与根一致；重算 ${indexes.size} 个条目，数据库、条目包与分片相同`,
    )
  } catch (error) {
    const why = error instanceof ProofError ? error.message : 'a file is missing or cannot be read'
    return fault(`a tile is missing or damaged: ${why}`, '有分片缺失或损坏')
  }
}

/** Segments hold u16be length and bytes, leaf after leaf. */
async function leafAt(main: ReadingRoom['main'], index: number): Promise<Uint8Array | undefined> {
  const [segment] = await main.query<Segment>({
    text: `select first_index as "firstIndex", leaves from ledger.segment where first_index <= $1
      order by first_index desc limit 1`,
    values: [index],
  })
  if (!segment) return undefined
  let at = 0
  for (let skip = index - segment.firstIndex; skip > 0; skip--) at += 2 + readU16be(segment.leaves, at)
  if (at >= segment.leaves.length) return undefined
  return new Uint8Array(segment.leaves.subarray(at + 2, at + 2 + readU16be(segment.leaves, at)))
}

async function logVerifiers({ keyStore }: ReadingRoom, origin: string): Promise<Verifier[]> {
  const keys = await keyStore.query<{ name: string; publicKey: Buffer }>({
    text: `select name, public_key as "publicKey" from signing_key where name in ('ledger-ed25519', 'ledger-ml-dsa-44')`,
  })
  return keys.map(({ name, publicKey }) => {
    const type = name === 'ledger-ed25519' ? signatureType.ed25519 : signatureType.mlDsa44Cosignature
    return verifierFor(formatVerifierKey(origin, type, new Uint8Array(publicKey)))
  })
}

function judgeCheckpoint(
  what: string,
  whatZh: string,
  note: string,
  verifiers: readonly Verifier[],
  head: Head,
  root: Uint8Array,
): Finding {
  const opened = attempt(() => openNote(note, verifiers))
  const checkpoint = opened && attempt(() => parseCheckpoint(opened.text))
  if (!checkpoint || opened.verified.length < 2)
    return fail(
      `${what} does not bear both our signatures`,
      `${whatZh}缺少本方的两个签名`,
      'the key store and the ledger come from different servers or times; restore both from the same moment',
      '密钥库与账本不属于同一服务器或时刻，请从同一时刻恢复',
    )
  if (checkpoint.size > head.size || (checkpoint.size === head.size && !equalBytes(checkpoint.root, root)))
    return fail(
      `${what} is of ${checkpoint.size} entries, the database holds ${head.size} or others: it is from an older state`,
      `${whatZh}有 ${checkpoint.size} 个条目，数据库为 ${head.size} 个：数据库较旧`,
      ...restore,
    )
  return ok(
    `${what}: ${checkpoint.size} entries, signed with Ed25519 and ML-DSA-44`,
    `${whatZh}：${checkpoint.size} 个条目，Ed25519 与 ML-DSA-44 签名有效`,
  )
}

/** A witness stamps what it signs; a stamp from our future means that one of the two clocks is wrong. */
function examineClock(note: string): Finding[] {
  const times =
    attempt(() =>
      parseNote(note).signatures.flatMap(({ value }) =>
        value.length === 72 || value.length === 2428 ? [parseCosignature(value).time] : [],
      ),
    ) ?? []
  if (times.length === 0) return []
  const ahead = Math.max(...times) - Date.now() / 1000
  return [
    ahead > 60
      ? fail(
          `this clock is ${Math.round(ahead)} seconds behind the last cosignature`,
          `本机时钟比最近的见证签名慢 ${Math.round(ahead)} 秒`,
          'set the clock; run a time service',
          '请校准时钟并启用时间同步',
        )
      : ok('the clock is not behind the last cosignature', '时钟不落后于最近的见证签名'),
  ]
}

interface Seen {
  readonly who: string
  readonly whoZh: string
  readonly note: string
}

/** What each witness has seen, or why it cannot be asked. */
async function askWitnesses(config: Config): Promise<readonly (Seen | Finding)[]> {
  if (config.witnesses === 'none')
    return [
      warn(
        'there is no witness: nobody else would notice a rewritten ledger',
        '没有见证方：账本被改写时无人察觉',
        'set BAILEE_WITNESSES, best to one that somebody else runs',
        '请设置 BAILEE_WITNESSES，最好由他人运行',
      ),
    ]
  const hash = createHash('sha256').update(config.ledgerOrigin).digest('hex')
  if (config.witnesses === 'own') {
    // Its memory lies beside ours; whether it answers, the running server says.
    const text = await readFile(join(config.dataDirectory, 'witness', 'state', hash), 'utf8').catch(() => undefined)
    if (text === undefined)
      return [warn('our own witness has seen nothing yet', '自带的见证方尚无记录', 'start the server', '请启动服务器')]
    return [{ who: 'our own witness', whoZh: '自带的见证方', note: text.slice(text.indexOf('\n') + 1) }]
  }
  return Promise.all(
    config.witnesses.map(async ({ name, url }) => {
      try {
        const response = await fetch(`${url}/${hash}/checkpoint`, {
          signal: AbortSignal.timeout(5000),
          redirect: 'error',
        })
        const skew = Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now()) / 1000
        if (skew > 60)
          return fail(
            `the clock of witness ${name} and ours differ by ${Math.round(skew)} seconds`,
            `见证方 ${name} 与本机时钟相差 ${Math.round(skew)} 秒`,
            'set the clock; run a time service',
            '请校准时钟并启用时间同步',
          )
        if (response.status === 404) return ok(`witness ${name} is reachable and new`, `见证方 ${name} 可达，尚无记录`)
        return { who: `witness ${name}`, whoZh: `见证方 ${name}`, note: await response.text() }
      } catch {
        return fail(
          `witness ${name} cannot be reached`,
          `无法连接见证方 ${name}`,
          `is ${url} up, and may this machine reach it? Until then no start can sign`,
          '请检查其是否运行、网络是否可达；在此之前无法签名',
        )
      }
    }),
  )
}

function judgeSeen({ who, whoZh, note }: Seen, { size }: Head): Finding {
  const seen = attempt(() => parseCheckpoint(parseNote(note).text))
  if (!seen) return fail(`what ${who} says cannot be read`, `无法读取${whoZh}的记录`, ...restore)
  return seen.size > size
    ? fail(
        `${who} has seen ${seen.size} entries, the database holds ${size}: it was restored from an older state, and will not sign`,
        `${whoZh}见过 ${seen.size} 个条目，数据库只有 ${size} 个：数据库较旧，服务器将拒绝签名`,
        ...restore,
      )
    : ok(`${who} has seen ${seen.size} entries, not more than we hold`, `${whoZh}见过 ${seen.size} 个条目，不多于本方`)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof ProofError) return undefined
    throw error
  }
}
