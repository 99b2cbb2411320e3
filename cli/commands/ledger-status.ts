import { type Command, serverOption } from '../command.ts'
import { exit } from '../exit.ts'

export const ledgerStatus: Command = {
  words: ['ledger', 'status'],
  rest: '--server url',
  summary: { en: 'Shows what the server says of its ledger.', zh: '显示服务器所述的账本状态。' },
  options: serverOption,
  takes: [0, 0],
  async run(input) {
    const { terminal } = input
    const status = await input.anyone().call('ledgerStatus')
    terminal.object(status)
    const { origin, size, root, checkpointAt, backlog, lagSeconds, behind, witnesses, epoch, epochEndsAt } = status
    terminal.print(terminal.say('statusSize', { origin, size, root }))
    terminal.print(terminal.say('statusAt', { at: checkpointAt, backlog, lag: Math.round(lagSeconds * 10) / 10 }))
    if (behind) terminal.print(terminal.say('statusBehind'))
    terminal.print(terminal.say('statusEpoch', { epoch, at: epochEndsAt }))
    if (witnesses.length === 0) terminal.print(terminal.say('noWitnesses'))
    for (const witness of witnesses) {
      const state = witness.reachable
        ? terminal.say('witnessReachable', { size: witness.size ?? 0 })
        : terminal.say('witnessSilent')
      terminal.print(terminal.say('statusWitness', { name: witness.name, state }))
    }
    terminal.tell(terminal.say('statusUnverified'))
    return exit.fine
  },
}
