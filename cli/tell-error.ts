import { BaileeError } from '@bailee/sdk'
import { type ExitCode, exit, Stop } from './exit.ts'
import type { Terminal } from './terminal.ts'

/** Says on stderr what went wrong, as a sentence or with --json as an object, and gives the exit code for it. */
export function tellError(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof Stop) {
    const sentence = terminal.say(error.text, error.values)
    terminal.tell(terminal.json ? JSON.stringify({ error: { code: error.text, message: sentence } }) : sentence)
    return error.exitCode
  }
  if (error instanceof BaileeError) {
    const { code, message, status, field, rule, missing, receipt } = error
    if (terminal.json) {
      terminal.tell(JSON.stringify({ error: { code, message, status, field, rule, missing, receipt } }))
      return exit.server
    }
    terminal.tell(terminal.say('serverRefused', { sentence: message, code }))
    if (field) terminal.tell(terminal.say('detailField', { field }))
    if (rule) terminal.tell(terminal.say('detailRule', { rule }))
    if (missing) terminal.tell(terminal.say('detailMissing', { missing: JSON.stringify(missing) }))
    if (receipt) terminal.tell(terminal.say('detailReceipt', { entry: receipt.entry }))
    return exit.server
  }
  // A fault of ours: loud, and not mistaken for a verdict on anybody.
  terminal.tell(terminal.say('internal', { why: error instanceof Error ? (error.stack ?? error.message) : 'unknown' }))
  return exit.server
}
