import { type Command, readText, serverOption } from '../command.ts'
import { type ExitCode, exit, Stop } from '../exit.ts'
import { pause } from '../http.ts'
import { Monitor, type Round } from '../monitor.ts'
import { Progress } from '../progress.ts'
import { endOnSignals } from '../signals.ts'
import { defaultStateFile } from '../state.ts'
import { tellError } from '../tell-error.ts'
import type { Terminal } from '../terminal.ts'
import { isCheckText } from '../texts.ts'

export const followLedger: Command = {
  words: ['ledger', 'follow'],
  rest: '--server url [--state file] [--audit] [--once] [--interval s] [--policy file]',
  summary: {
    en: 'Watches a ledger: signatures, witnesses, that it only grows; with --audit every entry.',
    zh: '监视账本：签名、见证、只增不改；加 --audit 则核验每一条目。',
  },
  options: {
    ...serverOption,
    state: { type: 'string', value: '<file>', help: { en: 'what the monitor remembers', zh: '监视器的记忆文件' } },
    policy: {
      type: 'string',
      value: '<file>',
      help: { en: 'pin this policy, got elsewhere', zh: '固定此策略（从别处获得）' },
    },
    audit: {
      type: 'boolean',
      help: { en: 'read and re-hash every entry, rebuild the tag indexes', zh: '读取并重新计算每一条目，重建标签索引' },
    },
    once: { type: 'boolean', help: { en: 'look once, then end', zh: '只核验一次' } },
    interval: {
      type: 'string',
      value: '<s>',
      help: { en: 'seconds between looks (60)', zh: '两次核验的间隔秒数（60）' },
    },
  },
  takes: [0, 0],
  async run(input) {
    const { terminal } = input
    const server = input.server()
    const intervalSeconds = Number(input.find('interval') ?? 60)
    if (!(intervalSeconds >= 1 && intervalSeconds <= 86_400)) {
      throw new Stop(exit.usage, 'optionInvalid', { option: 'interval', rule: '1 … 86400' })
    }
    const policyFile = input.find('policy')
    const ending = endOnSignals(terminal)
    const { signal } = ending
    const monitor = new Monitor({
      server,
      caller: input.anyone(),
      stateFile: input.find('state') ?? defaultStateFile(server, (name) => input.env(name)),
      policy: policyFile === undefined ? undefined : readText(policyFile),
      audit: input.has('audit'),
      signal,
      now: () => new Date(),
      progress: (total) => new Progress('auditing', total, terminal.language),
    })
    for (;;) {
      let code: ExitCode
      try {
        const round = await monitor.round()
        show(round, terminal)
        code = { good: exit.fine, unknown: exit.cannotJudge, bad: exit.verificationFailed }[round.verdict]
      } catch (error) {
        if (signal.aborted) return ending.code()
        code = tellError(error, terminal)
        // A monitor outlives an outage of what it watches, and nothing else.
        if (code !== exit.server) return code
      }
      if (code === exit.verificationFailed || input.has('once')) return code
      if (code === exit.server) terminal.tell(terminal.say('willRetry', { seconds: intervalSeconds }))
      await pause(intervalSeconds * 1000, signal)
      if (signal.aborted) return ending.code()
    }
  },
}

function show(round: Round, terminal: Terminal): void {
  terminal.object(round)
  for (const { text, values } of round.remarks) terminal.tell(terminal.say(text, values))
  const { at, size, grown, root } = round
  if (round.verdict === 'bad') terminal.print(terminal.say('roundFailed', { at }))
  else terminal.print(terminal.say(round.verdict === 'good' ? 'roundFine' : 'roundUnknown', { at, size, grown, root }))
  for (const { id, ok, detail } of round.checks) {
    if (ok === true) continue
    const key = `check.${id}`
    terminal.print(`  ${ok === false ? '✗' : '?'} ${isCheckText(key) ? terminal.say(key) : id}  (${detail})`)
  }
  if (round.verdict !== 'bad' && round.audited) terminal.print(terminal.say('audited', round.audited))
  for (const file of round.evidence) terminal.print(terminal.say('evidenceLeft', { file }))
}
