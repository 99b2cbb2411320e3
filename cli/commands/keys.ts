import type { Caller, ReplyOf } from '@bailee/sdk'
import { type Command, type Input, keyOptions } from '../command.ts'
import { exit, Stop } from '../exit.ts'
import { pause } from '../http.ts'
import { Progress } from '../progress.ts'
import type { Terminal } from '../terminal.ts'

type Status = ReplyOf<'keysStatus'>
const pollMilliseconds = 500

export const keysStatus: Command = {
  words: ['keys', 'status'],
  rest: '--server url',
  summary: { en: 'Shows old epoch keys and how far the rotation has come.', zh: '显示旧时期密钥及轮换进度。' },
  options: keyOptions,
  takes: [0, 0],
  async run(input) {
    const status = await input.client().call('keysStatus')
    input.terminal.object(status)
    tell(input.terminal, status)
    return exit.fine
  },
}

export const keysRotate: Command = {
  words: ['keys', 'rotate'],
  rest: '[--rate n] --server url',
  summary: {
    en: 'Wraps live keys under the present epoch and destroys old ones. Ctrl-C pauses; run it again to go on.',
    zh: '将有效密钥改用当前时期密钥封装，并销毁旧密钥。Ctrl-C 暂停，再次运行即继续。',
  },
  options: {
    ...keyOptions,
    rate: { type: 'string', value: '<n>', help: { en: 'wraps a second at most (5000)', zh: '每秒最多封装数（5000）' } },
  },
  takes: [0, 0],
  async run(input) {
    const caller = input.client()
    const stop = new AbortController()
    const interrupt = () => stop.abort()
    process.once('SIGINT', interrupt)
    try {
      return await watch(input, caller, stop.signal)
    } finally {
      process.off('SIGINT', interrupt)
    }
  },
}

async function watch(input: Input, { call }: Caller, signal: AbortSignal) {
  const { terminal } = input
  let status: Status = await call('rotateKeys', { body: rateOf(input) })
  const progress = new Progress('rotating', status.rotation?.expected ?? 0, terminal.language)
  try {
    while (status.running && !signal.aborted) {
      if (status.rotation?.state === 'rewrapping') progress.update(status.rotation.seen, status.rotation.expected)
      await pause(pollMilliseconds, signal)
      if (!signal.aborted) status = await call('keysStatus')
    }
  } finally {
    progress.end()
  }
  if (signal.aborted) {
    status = await call('pauseRotation', { body: {} })
    terminal.object(status)
    terminal.print(terminal.say('rotationPaused', { seen: status.rotation?.seen ?? 0 }))
    return exit.interrupted
  }
  terminal.object(status)
  tell(terminal, status)
  return exit.fine
}

function rateOf(input: Input): { rate?: number } {
  const text = input.find('rate')
  if (text === undefined) return {}
  const rate = Number(text)
  if (!Number.isInteger(rate) || rate < 1 || rate > 1_000_000)
    throw new Stop(exit.usage, 'optionInvalid', { option: 'rate', rule: '1…1000000' })
  return { rate }
}

function tell(terminal: Terminal, { epoch, epochEndsAt, oldKeys, dueAt, rotation }: Status): void {
  terminal.print(terminal.say('keysEpoch', { epoch, at: epochEndsAt }))
  terminal.print(dueAt === null ? terminal.say('keysNoneOld') : terminal.say('keysOld', { n: oldKeys, at: dueAt }))
  if (rotation === null) return
  const { rewrapped, destroyed, damaged, movedAt } = rotation
  terminal.print(
    terminal.say(rotation.state === 'finished' ? 'rotationFinished' : 'rotationStands', {
      at: movedAt,
      rewrapped,
      destroyed,
    }),
  )
  if (damaged > 0) terminal.print(terminal.say('rotationDamaged', { n: damaged }))
}
