import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { base64Decode, entriesPath, tilePath, tileWidth, utf8Decode } from '@bailee/proof'
import { type Command, readJson, readText, serverOption } from '../command.ts'
import { exit, Stop } from '../exit.ts'
import { fetchBytes } from '../http.ts'
import { attempt } from '../judge.ts'
import { auditPerson, type ChainKey, sizeOf } from '../person-audit.ts'
import { Progress } from '../progress.ts'
import { endOnSignals } from '../signals.ts'
import { writeWhole } from '../state.ts'
import { isCheckText } from '../texts.ts'

const fileLimit = tileWidth * (2 + 65_535)

export const audit: Command = {
  words: ['audit'],
  rest: '--key chain.json (--server url | --mirror folder) [--policy file]',
  summary: {
    en: 'For a person: finds every entry about them in the published files, and proves that there is no other.',
    zh: '供本人使用：在公开文件中找出关于自己的全部条目，并证明没有其他条目。',
  },
  options: {
    ...serverOption,
    key: {
      type: 'string',
      value: '<file>',
      help: {
        en: 'the key of your chain; whoever has it can link your entries',
        zh: '您的链密钥；持有者可关联您的条目',
      },
    },
    mirror: {
      type: 'string',
      value: '<folder>',
      help: { en: 'checkpoint and tiles, copied from anywhere', zh: '从任意处复制的检查点与分片' },
    },
    policy: { type: 'string', value: '<file>', help: { en: 'whose signatures count', zh: '认可哪些签名' } },
  },
  takes: [0, 0],
  async run(input) {
    const { terminal } = input
    const file = input.get('key')
    const chain = readChainKey(readJson(file))
    const mirror = input.find('mirror')
    if (mirror !== undefined && input.find('server') !== undefined) throw new Stop(exit.usage, 'auditWhere')
    const { signal } = endOnSignals(terminal)
    const get =
      mirror === undefined
        ? (path: string) => fetchBytes(`${input.server()}/ledger/${path}`, fileLimit, signal)
        : async (path: string) => {
            const at = join(mirror, path)
            return existsSync(at) ? new Uint8Array(readFileSync(at)) : undefined
          }
    const must = (path: string, bytes: Uint8Array | undefined) => {
      if (bytes === undefined) throw new Stop(exit.server, 'serverAnswered', { status: 404, what: path })
      return bytes
    }
    const note = utf8Decode(must('checkpoint', await get('checkpoint')))
    const size = attempt(() => sizeOf(note))
    // As wide as the log is now; a full tile stands in for a partial one that was tidied away (tlog-tiles).
    const widest = (n: number) => Math.min(tileWidth, (size.ok ? size.value : 0) - n * tileWidth)
    const seen = `${file}.seen`
    const older = [...(chain.checkpoint ? [chain.checkpoint] : []), ...(existsSync(seen) ? [readText(seen)] : [])]
    const policyFile = input.find('policy')
    const progress = new Progress('auditing', size.ok ? size.value : 0, terminal.language)
    const result = await auditPerson(
      {
        note,
        older,
        policy: policyFile === undefined ? chain.policy : readText(policyFile),
        chain,
        source: {
          async bundle(n) {
            return must(entriesPath(n), (await get(entriesPath(n, widest(n)))) ?? (await get(entriesPath(n))))
          },
          async tile(n) {
            return must(tilePath(0, n), (await get(tilePath(0, n, widest(n)))) ?? (await get(tilePath(0, n))))
          },
        },
      },
      { nowSeconds: Math.floor(Date.now() / 1000), progress: (done) => progress.update(done) },
    ).finally(() => progress.end())
    terminal.object(result)
    for (const { n, index } of result.entries) terminal.print(terminal.say('auditEntry', { n, index }))
    for (const { id, ok, detail } of result.checks) {
      const key = `check.${id}`
      const mark = ok === null ? '?' : ok ? '✓' : '✗'
      terminal.print(`${mark} ${isCheckText(key) ? terminal.say(key) : id}${detail === '' ? '' : `  (${detail})`}`)
    }
    const { verdict, entries, epochs } = result
    if (verdict === 'good') {
      // Only what held is remembered: next time the log must be a continuation of this.
      writeWhole(seen, note)
      terminal.print(terminal.say('auditGood', { count: entries.length, from: chain.n, size: result.size, epochs }))
      return exit.fine
    }
    terminal.print(terminal.say(verdict === 'bad' ? 'auditBad' : 'auditUnknown'))
    return verdict === 'bad' ? exit.verificationFailed : exit.cannotJudge
  },
}

function readChainKey(value: unknown): ChainKey & { readonly policy?: string; readonly checkpoint?: string } {
  const wrong = (rule: string) => new Stop(exit.usage, 'chainKeyWrong', { rule })
  if (typeof value !== 'object' || value === null) throw wrong('an object')
  const { n, key, known, policy, checkpoint } = value as Readonly<Record<string, unknown>>
  if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < 0) throw wrong('n: a whole number')
  if (known !== undefined && !(typeof known === 'number' && Number.isSafeInteger(known) && known < 10_000_000))
    throw wrong('known: a whole number')
  const bytes = typeof key === 'string' ? attempt(() => base64Decode(key)) : undefined
  if (!bytes?.ok || bytes.value.length !== 32) throw wrong('key: 32 bytes in base64')
  return {
    n,
    key: bytes.value,
    known: known ?? 0,
    ...(typeof policy === 'string' ? { policy } : {}),
    ...(typeof checkpoint === 'string' ? { checkpoint } : {}),
  }
}
