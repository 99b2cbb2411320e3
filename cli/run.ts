import type { Bilingual } from '@bailee/sdk'
import { type Command, commonOptions, Input, type Options, parseOptions } from './command.ts'
import { accessLink } from './commands/access-link.ts'
import { audit } from './commands/audit.ts'
import { createClient } from './commands/client-create.ts'
import { keysRotate, keysStatus } from './commands/keys.ts'
import { followLedger } from './commands/ledger-follow.ts'
import { ledgerStatus } from './commands/ledger-status.ts'
import { look } from './commands/look.ts'
import { migrateTable } from './commands/migrate-table.ts'
import { publishNotice } from './commands/notice-publish.ts'
import { showNotice } from './commands/notice-show.ts'
import { createOrganisation } from './commands/organisation-create.ts'
import { setup } from './commands/setup.ts'
import { verify } from './commands/verify.ts'
import { exit, Stop } from './exit.ts'
import { tellError } from './tell-error.ts'
import { Terminal } from './terminal.ts'
import { chooseLanguage, type Language, say } from './texts.ts'

export const commands: readonly Command[] = [
  verify,
  audit,
  followLedger,
  ledgerStatus,
  keysStatus,
  keysRotate,
  publishNotice,
  showNotice,
  look,
  accessLink,
  migrateTable,
  setup,
  createClient,
  createOrganisation,
]

/** Finds the command, runs it, and turns whatever happened into a sentence and an exit code. */
export async function run(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const language = chooseLanguage(languageIn(args), env)
  const terminal = new Terminal(language, args.includes('--json'))
  const command = commands.find(({ words }) => words.every((word, place) => args[place] === word))
  try {
    if (command === undefined) {
      if (args.includes('--help') || args.includes('-h')) {
        process.stdout.write(`${overview(language)}\n`)
        return exit.fine
      }
      terminal.tell(args.length === 0 ? overview(language) : terminal.say('commandUnknown'))
      return exit.usage
    }
    const options = { ...command.options, ...commonOptions }
    const rest = args.slice(command.words.length)
    if (rest.includes('--help')) {
      process.stdout.write(`${helpOf(command, options, language)}\n`)
      return exit.fine
    }
    const given = parseOptions(rest, options)
    const [least, most] = command.takes
    if (given.positionals.length < least || given.positionals.length > most) {
      throw new Stop(exit.usage, 'argumentsWrong')
    }
    return await command.run(new Input(terminal, given, env))
  } catch (error) {
    return tellError(error, terminal)
  }
}

function languageIn(args: readonly string[]): string | undefined {
  const at = args.indexOf('--lang')
  return at >= 0 ? args[at + 1] : args.find((one) => one.startsWith('--lang='))?.slice('--lang='.length)
}

function overview(language: Language): string {
  const width = Math.max(...commands.map(({ words }) => words.join(' ').length))
  return [
    say(language, 'intro'),
    '',
    say(language, 'commands'),
    ...commands.map(({ words, summary }) => `  ${words.join(' ').padEnd(width)}  ${summary[language]}`),
    '',
    say(language, 'exitCodes'),
  ].join('\n')
}

function helpOf({ words, rest, summary }: Command, options: Options, language: Language): string {
  const lines = Object.entries(options).map(([name, { value, help }]): [string, Bilingual] => [
    `--${name}${value ? ` ${value}` : ''}`,
    help,
  ])
  const width = Math.max(...lines.map(([name]) => name.length))
  return [
    say(language, 'usage', { words: words.join(' '), rest }),
    '',
    summary[language],
    '',
    say(language, 'options'),
    ...lines.map(([name, help]) => `  ${name.padEnd(width)}  ${help[language]}`),
    '',
    say(language, 'exitCodes'),
  ].join('\n')
}
