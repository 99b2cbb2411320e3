import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { ledger } from '@bailee/contract'
import { createLog } from '#platform'
import { type Config, readConfig } from '../config.ts'
import { type Running, serve } from '../serve.ts'
import {
  correctPhone,
  type Diary,
  eraseMember,
  type Member,
  memberOf,
  newDiary,
  nightLook,
  openWorld,
  recordLook,
  registerPeople,
  type World,
  withdrawSupport,
  workday,
} from './day.ts'
import { arriveAsPerson, Outsider, type Seen } from './outsider.ts'
import { inventPeople } from './people.ts'
import { progress, say, step, tellCertificate, tellDay, tellFound, tellLinks, tellWhereToLook } from './report.ts'
import { rightsAreReal } from './rights.ts'
import {
  anyoneCanCheck,
  type Book,
  Broken,
  consentIsTheKey,
  type Epoch,
  fetchProofs,
  forgettingIsReal,
  noLookWithoutATrace,
  readBook,
  rebuildEpochs,
  tamperingIsNoticed,
  watchersAreWatched,
} from './verify.ts'

type Environment = Readonly<Record<string, string | undefined>>

const people = 300
const looks = 240
/** Only a folder that bears this file is ever removed. */
const marker = 'BAILEE-DEMO'

class DemoRefused extends Error {
  override readonly name = 'DemoRefused'
}

/**
 * The first living example: the server as it is, three invented providers and three hundred invented people, through the
 * public API alone. `--once` verifies every promise as an outsider, says so and ends.
 */
export async function demo(args: readonly string[], environment: Environment = {}): Promise<void> {
  const unknown = args.find((arg) => arg !== '--once')
  if (unknown !== undefined) return refuse(`demo [--once]: ${unknown} is not known · 未知参数`)
  const once = args.includes('--once')
  const started = performance.now()
  let running: Running | undefined
  let folder: string | undefined
  // Ended by hand, `--once` leaves nothing behind either.
  const interrupted = untilInterrupted()
  if (once) void interrupted.then(() => cleanUp().then(() => process.exit(130)))
  const cleanUp = async () => {
    await running?.stop()
    if (once && folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  try {
    folder = once ? await mkdtemp(join(tmpdir(), 'bailee-demo-')) : await freshFolder(environment)
    await chmod(folder, closedMode())
    const config = await configOf(environment, folder, once)
    step('Starting the server', '启动服务器')
    running = await serve(config, createLog(config.logLevel), {
      onFailure: (why) => {
        say(`FAIL ${why}`)
        process.exit(1)
      },
    })
    const token = await running.app.parties.ensureSetupLink()
    if (token === undefined) throw new DemoRefused('The data directory was set up before · 数据目录已初始化')
    const url = running.address
    if (once) await playAndVerify(url, token, started)
    else await playAndStay(url, token, config)
  } catch (error) {
    const isOurs = error instanceof DemoRefused || error instanceof Broken
    const words = error instanceof Error ? (isOurs ? error.message : (error.stack ?? error.message)) : 'failed'
    process.exitCode = 1
    say(`\nFAIL  ${words}`)
  }
  if (!once && running && process.exitCode !== 1) await interrupted
  await cleanUp()
  process.exit()
}

function refuse(words: string): void {
  process.stderr.write(`${words}\n`)
  process.exitCode = 2
}

async function playAndStay(url: string, token: string, config: Config): Promise<void> {
  const world = await open(url, token)
  const diary = await register(world)
  const watched = memberOf(diary, world, 0)
  await work(diary)
  step('Withdrawal, night look, correction, erasure', '撤回、夜间查看、更正、删除')
  await nightLook(world, watched, diary)
  await withdrawSupport(world, watched, diary)
  await correctPhone(world, memberOf(diary, world, 2), diary)
  tellCertificate(await eraseMember(world, memberOf(diary, world, 1), diary))
  const people = [watched, memberOf(diary, world, 2)]
  const publicWorld = { ...world, url: config.publicUrl.origin }
  const portal = await fetch(`${url}/`)
  tellWhereToLook(publicWorld, people, portal.ok, config.dataDirectory)
  await handOutLinks(publicWorld, people)
  if (process.stdin.isTTY === true)
    createInterface({ input: process.stdin }).on('line', () => {
      handOutLinks(publicWorld, people).catch((error: Error) => say(`FAIL  ${error.message}`))
    })
}

async function handOutLinks({ url, shop }: World, people: readonly Member[]): Promise<void> {
  const links: { who: string; path: string }[] = []
  for (const { person, invented } of people)
    links.push({ who: invented.fields.name, path: (await shop.privacy.accessLink(person)).path })
  tellLinks(url, links)
}

async function open(url: string, token: string): Promise<World> {
  step('Three providers publish what they collect', '三家提供者发布告知规则')
  const world = await openWorld(url, token)
  for (const { name } of world.providers) say(`  ${name.en} · ${name.zh}`)
  return world
}

async function register(world: World): Promise<Diary> {
  step('Invented people register and consent', '虚构人员注册并同意')
  const diary = newDiary()
  await registerPeople(world, inventPeople(people), diary, progress('people', '人', people))
  return diary
}

async function work(diary: Diary): Promise<void> {
  step('A day of work', '一天的工作')
  await workday(diary, looks, progress('looks and finds', '次查看与检索', looks))
  tellDay(diary)
}

async function playAndVerify(url: string, token: string, started: number): Promise<void> {
  const world = await open(url, token)
  const outsider = await Outsider.arrive(url)
  const early = await nextCheckpoint(outsider, 1)
  const diary = await register(world)
  const watched = memberOf(diary, world, 0)
  const leaving = memberOf(diary, world, 1)
  const arrive = async (person: string) => {
    const session = await arriveAsPerson(url, (await world.shop.privacy.accessLink(person)).token)
    diary.others += 2
    return session
  }
  const session = await arrive(watched.person)
  const leavingSession = await arrive(leaving.person)
  await work(diary)
  const start = await session(ledger.myMonitor, { body: {} })

  step('Withdrawal, night look, correction, erasure', '撤回、夜间查看、更正、删除')
  const { client: nightClient } = await nightLook(world, watched, diary)
  const after = await withdrawSupport(world, watched, diary)
  await correctPhone(world, memberOf(diary, world, 2), diary)
  const kept = await fetchProofs(
    diary.acts.filter(({ person }) => person === leaving.person),
    () => {},
  )
  const certificate = await eraseMember(world, leaving, diary)
  const looked = await recordLook(diary, leaving, () => world.shop.desk.for('delivery').look(leaving.person, ['name']))
  const hits = await world.shop.desk.for('delivery').find('phone', leaving.invented.fields.phone)
  tellCertificate(certificate)

  step('A clinic asks separately, and asks a parent', '诊所单独征询，并征询父母')
  const rights = await rightsAreReal(url, world.founder, diary)

  step('An outsider reads the ledger and verifies', '外部人员读取账本并核验')
  const living = diary.acts.filter(({ person }) => person !== leaving.person)
  const proofs = await fetchProofs(living, progress('proofs', '份证明', living.length))
  const { book, epochs } = await readWhenClosed(outsider, diary)
  const found = [
    consentIsTheKey(after),
    ...(await noLookWithoutATrace(outsider, book, diary, [...proofs, ...kept], leaving.person)),
    ...(await anyoneCanCheck(outsider, early, book)),
    ...(await forgettingIsReal(outsider, book, {
      certificate,
      session: leavingSession,
      kept,
      alive: proofs.length,
      found: hits.length,
      looked,
      isTraced: !diary.untraced.some(({ person }) => person === leaving.person),
    })),
    ...(await watchersAreWatched(outsider, book, epochs, diary, {
      member: watched,
      session,
      start,
      nightClient,
      others: 2,
    })),
    ...rights,
    tamperingIsNoticed(outsider, book, proofs.find(({ act }) => act.what === 'look')!),
  ]
  tellFound(found)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  say(`\nAll five promises hold: ${found.length} checks in ${seconds} s · 五项承诺全部成立`)
}

async function nextCheckpoint(outsider: Outsider, least: number): Promise<Seen> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const seen = await outsider.checkpoint().catch(() => undefined)
    if (seen !== undefined && seen.checkpoint.size >= least) return seen
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Broken(`no checkpoint of ${least} entries was published within 30 seconds`)
}

/** Everything is in the log once an epoch has closed behind the last act: then its tags can be said to be all. */
async function readWhenClosed(outsider: Outsider, diary: Diary): Promise<{ book: Book; epochs: Epoch[] }> {
  const acts = diary.acts.length + diary.others
  for (let attempt = 0; attempt < 100; attempt++) {
    const book = await readBook(outsider, await outsider.checkpoint())
    const epochs = rebuildEpochs(book)
    const tags = epochs.reduce((sum, { index }) => sum + index.size, 0)
    if (tags >= acts) return { book, epochs }
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  throw new Broken(`no epoch with all ${acts} tags was closed within 30 seconds`)
}

async function configOf(environment: Environment, folder: string, once: boolean): Promise<Config> {
  const { BAILEE_HOST: host = '127.0.0.1', BAILEE_PORT: wanted } = environment
  const port = once ? await freePort(host, 0) : await firstFreePort(host, Number(wanted || 8787))
  if (!once && String(port) !== (wanted || '8787'))
    say(`Port ${wanted || 8787} is in use; taking ${port} · 端口被占用，改用 ${port}`)
  return readConfig({
    BAILEE_LOG_LEVEL: 'error',
    BAILEE_LEDGER_EPOCH_SECONDS: '30',
    BAILEE_WITNESS_EVERY_MS: '200',
    ...environment,
    ...(once
      ? { BAILEE_PUBLIC_URL: undefined, BAILEE_LEDGER_ORIGIN: undefined, BAILEE_LEDGER_EPOCH_SECONDS: '1' }
      : {}),
    // Invented people never go into somebody's real database.
    DATABASE_URL: undefined,
    BAILEE_KEYSTORE_URL: undefined,
    BAILEE_DATA: folder,
    BAILEE_PORT: String(port),
  })
}

async function firstFreePort(host: string, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 20; port++) {
    const free = await freePort(host, port).catch(() => undefined)
    if (free !== undefined) return free
  }
  throw new DemoRefused(`Ports ${wanted} to ${wanted + 19} are all in use · 端口均被占用`)
}

function freePort(host: string, port: number): Promise<number> {
  return new Promise((found, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}

/** The demonstration begins anew each time. It removes nothing but what it has made itself. */
async function freshFolder(environment: Environment): Promise<string> {
  const folder = resolve(environment.BAILEE_DATA || join('.data', 'demo'))
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[]
    throw error
  })
  if (names.length > 0 && !names.includes(marker))
    throw new DemoRefused(
      `${folder} was not made by the demonstration, so it is left alone. Set BAILEE_DATA to another folder.\n` +
        '      该文件夹不是由演示创建的，未作任何改动。请将 BAILEE_DATA 设为其他文件夹。',
    )
  if (await isHeld(folder))
    throw new DemoRefused(
      `A server is running on ${folder}; stop it first.\n      该数据目录正在使用，请先停止服务器。`,
    )
  await rm(folder, { recursive: true, force: true })
  // The folder above may become the real server's: made as closed as that one would make it.
  await mkdir(dirname(folder), { recursive: true, mode: closedMode() })
  await mkdir(folder)
  await writeFile(join(folder, marker), 'Made by `npm run demo`, which removes this folder when it starts again.\n')
  return folder
}

/** As root PostgreSQL runs under another account, which must be able to pass through. */
const closedMode = () => (process.getuid?.() === 0 ? 0o711 : 0o700)

async function isHeld(folder: string): Promise<boolean> {
  const lock = await readFile(join(folder, 'server.lock'), 'utf8').catch(() => undefined)
  const pid = lock && /"pid":(\d+)/.exec(lock)?.[1]
  if (!pid) return false
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const untilInterrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
